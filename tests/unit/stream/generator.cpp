// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include "support/death.hpp"
#include "unit/sync/sync_test.hpp"

#include <tether/stream/adaptors/elements.hpp>
#include <tether/sync/event.hpp>

#include <memory>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

async_generator<int> logging(event_log& log, int n) {
    log("begin");
    for (int i = 0; i < n; ++i) {
        co_yield i;
        log("after " + std::to_string(i));
    }
    log("end");
}

async_generator<std::string> words() {
    std::string word = "a word that does not fit into a small buffer";
    co_yield word;
    co_yield word + "!"; // a temporary
    co_yield std::move(word);
}

async_generator<int&> slots(std::vector<int>& all) {
    for (int& slot : all)
        co_yield slot;
}

async_generator<std::unique_ptr<int>> boxes(int n) {
    for (int i = 0; i < n; ++i)
        co_yield std::make_unique<int>(i);
}

async_generator<int> failing_after(int n) {
    for (int i = 0; i < n; ++i)
        co_yield i;
    throw std::runtime_error("no more");
}

async_generator<int> waiting(event& go) {
    co_await go.wait();
    co_yield 1;
    co_yield 2;
}

template<class F>
task<std::string> error_of(F op) {
    std::string text = "none";
    try {
        co_await op();
    } catch (std::exception const& e) {
        text = e.what();
    }
    co_return text;
}

[[gnu::noinline]] std::uintptr_t stack_now() noexcept {
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}
async_generator<std::uintptr_t> stack_marks(long n) {
    for (long i = 0; i < n; ++i)
        co_yield stack_now();
}

} // namespace

TETHER_TEST_CASE("GE01 nothing of a generator runs before the first next") {
    event_log log;
    {
        auto unused = logging(log, 1);
        CHECK_FALSE(unused.finished());
    }
    CHECK(log.text() == "");
    auto gen = logging(log, 2);
    auto first = co_await next(gen);
    CHECK(*first == 0);
    CHECK(log.text() == "begin");
    auto second = co_await next(gen);
    CHECK(*second == 1);
    CHECK(log.text() == "begin after 0");
    auto third = co_await next(gen);
    CHECK_FALSE(third.has_value());
    CHECK(log.text() == "begin after 0 after 1 end");
    CHECK(gen.finished());
}

TETHER_TEST_CASE("GE02 a second next while one is outstanding is an error") {
    event go;
    auto gen = waiting(go);
    std::string second;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto item = co_await next(gen);
            CHECK(*item == 1);
        });
        co_await checkpoint();
        second = co_await error_of([&]() -> task<> { co_await next(gen); });
        auto closing =
            co_await error_of([&]() -> task<> { co_await gen.close(); });
        CHECK(closing.find("close() of an async_generator") == 0);
        go.set();
    });
    CHECK(second.find("next() of an async_generator") == 0);
    CHECK(second.find("another step of it runs") != std::string::npos);
    auto item = co_await next(gen);
    CHECK(*item == 2); // the first one was not disturbed
}

TETHER_TEST_CASE("GE03 an element is the yielded object itself, or a copy of a "
                 "variable, and may be moved out") {
    auto gen = words();
    std::string* const first = co_await gen.advance();
    std::string const taken = std::move(*first);
    auto second = co_await next(gen);
    CHECK(*second == taken + "!"); // the variable was not moved from
    auto third = co_await next(gen);
    CHECK(*third == taken);

    std::vector<int> all{1, 2};
    auto refs = slots(all);
    while (int* slot = co_await next(refs))
        *slot += 10;
    CHECK(all == std::vector<int>{11, 12});

    auto owned = boxes(2);
    auto box = co_await next(owned);
    std::unique_ptr<int> const kept = std::move(*box);
    CHECK(*kept == 0);
}

TETHER_TEST_CASE("GE04 an error of the body comes out of next, and after it "
                 "the end") {
    auto gen = failing_after(1);
    auto first = co_await next(gen);
    CHECK(*first == 0);
    std::string const text =
        co_await error_of([&]() -> task<> { co_await next(gen); });
    CHECK(text == "no more");
    auto later = co_await next(gen);
    CHECK_FALSE(later.has_value());
}

TETHER_TEST_CASE("GE07 close is idempotent, and after it next gives the end") {
    event_log log;
    auto gen = kept_numbers(log);
    co_await next(gen);
    co_await gen.close();
    CHECK(log.text() == "open a locals gone closing a ok closed a");
    co_await gen.close();
    auto later = co_await next(gen);
    CHECK_FALSE(later.has_value());
    CHECK(log.lines().size() == 4);

    auto unstarted = kept_numbers(log);
    co_await unstarted.close();
    auto never = co_await next(unstarted);
    CHECK_FALSE(never.has_value());
    CHECK(log.lines().size() == 4);
}

TETHER_TEST_CASE("GE22 a million steps take no more stack than one") {
    auto gen = stack_marks(1'000'000);
    std::uintptr_t low = ~std::uintptr_t{0};
    std::uintptr_t high = 0;
    long steps = 0;
    while (auto* mark = co_await gen.advance()) {
        low = (std::min)(low, *mark);
        high = (std::max)(high, *mark);
        ++steps;
    }
    CHECK(steps == 1'000'000);
    CHECK(high - low < 1024);
}

TETHER_TEST_CASE("GE22 a step allocates nothing, also through an adaptor") {
    auto gen = numbers(10'000) | filter([](int i) { return i % 2 != 0; });
    co_await next(gen);
    std::size_t const before = allocations();
    std::ptrdiff_t const frames = detail::frame_pool::live();
    std::size_t made = 0;
    std::ptrdiff_t grown = 0;
    long sum = 0;
    while (auto i = co_await next(gen)) {
        sum += *i;
        made = allocations() - before;
        grown = detail::frame_pool::live() - frames;
    }
    CHECK(made == 0);
    CHECK(grown == 0);
    CHECK(sum == 24'999'999);
}

TETHER_TEST_CASE("GE24 an idle generator goes on in another task, and on its "
                 "own loop only") {
    auto gen = numbers(3);
    auto first = co_await next(gen);
    CHECK(*first == 0);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto second = co_await next(gen);
            CHECK(*second == 1);
        });
        co_return;
    });
    auto moved = std::move(gen);
    auto third = co_await next(moved);
    CHECK(*third == 2);
}

TEST_CASE("GE24 a step on another loop is refused") {
    boost::asio::io_context one(1);
    boost::asio::io_context two(1);
    auto gen = numbers(3);
    tether::run(one, [&]() -> task<> { co_await next(gen); });
    std::string const text = tether::run(two, [&]() -> task<std::string> {
        co_return co_await error_of([&]() -> task<> { co_await next(gen); });
    });
    CHECK(text.find("which belongs to another loop") != std::string::npos);
    tether::run(one, [&]() -> task<> {
        auto second = co_await next(gen);
        CHECK(*second == 1);
    });
}

TETHER_TEST_CASE("GE26 next with a default gives it at the end") {
    auto gen = numbers(1);
    int const first = co_await next(gen, -1);
    CHECK(first == 0);
    int const second = co_await next(gen, -1);
    CHECK(second == -1);
    int const third = co_await next(gen, -2);
    CHECK(third == -2);
}

TETHER_TEST_CASE("GE26 the default is kept until it is asked for") {
    auto gen = numbers(0);
    std::string const text(100, 'x');
    auto strings = [](int n) -> async_generator<std::string> {
        for (int i = 0; i != n; ++i)
            co_yield std::to_string(i);
    };
    auto none = strings(0);
    auto asked = next(none, std::string(text));
    auto number = next(gen, -1);
    auto const of_string = co_await std::move(asked);
    CHECK(of_string == text);
    int const of_number = co_await std::move(number);
    CHECK(of_number == -1);
    auto const in_place = co_await next(none, text); // is copied
    CHECK(in_place == text);
}

TEST_CASE("GE24 a close on another loop is refused") {
    boost::asio::io_context one(1);
    boost::asio::io_context two(1);
    auto gen = numbers(3);
    tether::run(one, [&]() -> task<> { co_await next(gen); });
    std::string const text = tether::run(two, [&]() -> task<std::string> {
        co_return co_await error_of([&]() -> task<> { co_await gen.close(); });
    });
    CHECK(text.find("which belongs to another loop") != std::string::npos);
    tether::run(one, [&]() -> task<> { co_await gen.close(); });
}

TEST_CASE("GE02 a generator that is destroyed while a step of it runs ends the "
          "process with a sentence") {
    std::string const text = last_words([] {
        tether::run([]() -> task<> {
            event go;
            auto gen = std::make_unique<async_generator<int>>(waiting(go));
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> { co_await next(*gen); });
                co_await checkpoint();
                gen.reset();
            });
        });
    });
    CHECK(text.find("destroyed while a step of it ran") != text.npos);
}
