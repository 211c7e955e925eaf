// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/stream/adaptors.hpp>
#include <tether/stream/collect.hpp>

#include <functional>
#include <tuple>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = std::vector<int>;

// Says how many elements it was asked for, and when it is closed.
struct probe {
    int asked = 0;
    event_log log;
};
async_generator<int> probed(probe& p, int n) {
    co_await tether::keep(slow_resource(p.log, "up"));
    for (int i = 0; i < n; ++i) {
        ++p.asked;
        co_yield i;
    }
}
async_generator<int> digits(char const* text) {
    for (; *text; ++text)
        co_yield *text - '0';
}
async_generator<int> failing(int n) {
    for (int i = 0; i < n; ++i)
        co_yield i;
    throw std::runtime_error("upstream");
}

bool odd(int i) {
    return i % 2 != 0;
}
task<bool> odd_later(int i) {
    co_await sleep_for(1ms);
    co_return odd(i);
}

} // namespace

TETHER_TEST_CASE("GE17 adaptors of elements: filter, transform, on_each, "
                 "distinct, scan, enumerate") {
    auto const odds = co_await collect(numbers(6) | filter(odd));
    CHECK(odds == ints{1, 3, 5});
    auto const later = co_await collect(numbers(6) | filter(odd_later));
    CHECK(later == ints{1, 3, 5});
    auto const texts = co_await collect(
        numbers(2) | transform([](int i) { return std::to_string(i); }));
    CHECK(texts == std::vector<std::string>{"0", "1"});
    auto const slow =
        co_await collect(numbers(3) | transform([](int i) -> task<int> {
                             co_await sleep_for(1ms);
                             co_return i * 10;
                         }));
    CHECK(slow == ints{0, 10, 20});
    ints seen;
    auto const same =
        co_await collect(digits("11221") | distinct() |
                         on_each([&](int i) { seen.push_back(i); }));
    CHECK(same == ints{1, 2, 1});
    CHECK(seen == same);
    auto const sums = co_await collect(numbers(4) | scan(0, std::plus<>()));
    CHECK(sums == ints{0, 1, 3, 6});
    auto const pairs = co_await collect(digits("78") | enumerate());
    CHECK(pairs == std::vector<std::pair<std::size_t, int>>{{0, 7}, {1, 8}});
}

TETHER_TEST_CASE("GE17 adaptors of sections and joins: take, take_while, drop, "
                 "chunk, zip, concat, flat_map") {
    auto const middle = co_await collect(numbers(9) | drop(2) | take(3));
    CHECK(middle == ints{2, 3, 4});
    auto const low =
        co_await collect(numbers(9) | take_while([](int i) { return i < 2; }));
    CHECK(low == ints{0, 1});
    auto const parts = co_await collect(numbers(5) | chunk(2));
    CHECK(parts == std::vector<ints>{{0, 1}, {2, 3}, {4}});
    CHECK_THROWS_AS(chunk(0), std::invalid_argument);
    auto const zipped = co_await collect(zip(numbers(9), digits("56")));
    CHECK(zipped == std::vector<std::tuple<int, int>>{{0, 5}, {1, 6}});
    auto const joined =
        co_await collect(concat(numbers(2), numbers(0), digits("9")));
    CHECK(joined == ints{0, 1, 9});
    auto const flat = co_await collect(
        numbers(4) | flat_map([](int i) { return numbers(i); }));
    CHECK(flat == ints{0, 0, 1, 0, 1, 2});
}

TETHER_TEST_CASE("GE17 adaptors of failures: catch_error and restart") {
    std::string text;
    auto const ended =
        co_await collect(failing(2) | catch_error([&](std::exception_ptr e) {
                             try {
                                 std::rethrow_exception(e);
                             } catch (std::exception const& known) {
                                 text = known.what();
                             }
                         }));
    CHECK(ended == ints{0, 1});
    CHECK(text == "upstream");
    auto const last = co_await collect(
        failing(1) | catch_error([](std::exception_ptr) { return -1; }));
    CHECK(last == ints{0, -1});
    auto const more =
        co_await collect(failing(1) | catch_error([](std::exception_ptr) {
                             return numbers(2);
                         }));
    CHECK(more == ints{0, 0, 1});
    int made = 0;
    auto const again = co_await collect(
        restart([&] { return ++made < 3 ? failing(1) : numbers(2); }, 5));
    CHECK(again == ints{0, 0, 0, 1});
    std::string out;
    try {
        co_await collect(restart([] { return failing(1); }, 2));
    } catch (std::runtime_error const& e) {
        out = e.what();
    }
    CHECK(out == "upstream");
}

TETHER_TEST_CASE("GE25 timeout_each bounds each element, a deadline the whole "
                 "stream") {
    stopwatch const time;
    auto const all = co_await collect(slow_numbers(5, 4ms) | timeout_each(5ms));
    CHECK(all.size() == 5); // 20 ms in all
    CHECK(time.elapsed() == 20ms);
    bool timed_out = false;
    try {
        co_await collect(slow_numbers(5, 6ms) | timeout_each(5ms));
    } catch (timeout_error const&) {
        timed_out = true;
    }
    CHECK(timed_out);
    CHECK(time.elapsed() == 25ms);
    std::size_t got = 0;
    co_await move_on_after(10ms, [&]() -> task<> {
        co_await for_each(slow_numbers(5, 4ms), [&](int) { ++got; });
    });
    CHECK(got == 2);
    auto const some = co_await collect(slow_numbers(7, 4ms) | throttle(10ms));
    CHECK(some == ints{0, 3, 6});
}

TETHER_TEST_CASE("GE18 an adaptor closes its upstream on an early stop, before "
                 "the consumer goes on") {
    probe p;
    auto body = [](auto& gen) -> task<> { co_await next(gen); };
    co_await consume(probed(p, 9) | filter([](int) { return true; }) |
                         transform([](int i) { return i; }) | take(5),
                     body);
    p.log("next statement");
    CHECK(p.log.text() == "open up closing up ok closed up next statement");

    probe cut;
    auto const three = co_await collect(probed(cut, 9) | take(3));
    cut.log("next statement");
    CHECK(three == ints{0, 1, 2});
    CHECK(cut.log.text() == "open up closing up ok closed up next statement");

    probe thrown;
    std::string text;
    try {
        co_await collect(probed(thrown, 9) | transform([](int) -> int {
                             throw std::runtime_error("fn");
                         }));
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    CHECK(text == "fn");
    CHECK(thrown.log.text() == "open up closing up failed closed up");
}

TETHER_TEST_CASE("GE18 a stop passes through an adaptor into its upstream, and "
                 "even an empty one is a checkpoint") {
    event_log log;
    co_await move_on_after(2500us, [&]() -> task<> {
        exit_note const note(log, "consumer gone");
        auto gen = kept_numbers(log) | filter(odd) | drop(9);
        co_await next(gen);
    });
    CHECK(log.text() == "open a locals gone closing a stopped closed a "
                        "consumer gone");
    bool passed = false;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        auto gen = numbers(0) | take(1);
        scope.cancel();
        co_await next(gen);
        passed = true;
    });
    CHECK_FALSE(passed);
}

TETHER_TEST_CASE("GE19 adaptors ask for no more than they give") {
    probe taken;
    co_await collect(probed(taken, 9) | take(3));
    CHECK(taken.asked == 3);
    probe none;
    co_await collect(probed(none, 9) | take(0));
    CHECK(none.asked == 0);
    probe chunked;
    auto body = [](auto& gen) -> task<> { co_await next(gen); };
    co_await consume(probed(chunked, 9) | chunk(2), body);
    CHECK(chunked.asked == 2);
}

TETHER_TEST_CASE(
    "GE21 terminals give one value and close what they cut short") {
    int const sum = co_await fold(numbers(5), 0, std::plus<>());
    CHECK(sum == 10);
    std::size_t const n = co_await count(numbers(5));
    CHECK(n == 5);
    probe p;
    auto const one = co_await first(probed(p, 9));
    p.log("next statement");
    CHECK(*one == 0);
    CHECK(p.asked == 1);
    CHECK(p.log.text() == "open up closing up ok closed up next statement");
    auto const none = co_await first(numbers(0));
    CHECK_FALSE(none.has_value());
    auto const found = co_await find(numbers(9), odd_later);
    CHECK(*found == 1);
    bool const some = co_await any(numbers(9), odd);
    CHECK(some);
    bool const every = co_await all(numbers(9), odd);
    CHECK_FALSE(every);
    bool const big = co_await all(numbers(9), [](int i) { return i < 9; });
    CHECK(big);
}
