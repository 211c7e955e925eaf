// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What holds for every adaptor, and for every type that is a stream.
#include "generator_test.hpp"

#include <tether/stream/adaptors.hpp>
#include <tether/stream/as_channel.hpp>
#include <tether/stream/collect.hpp>

#include <functional>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = std::vector<int>;

struct probe {
    int asked = 0;
    event_log log;
};
async_generator<int> probed(probe& p) {
    co_await tether::keep(slow_resource(p.log, "up"));
    for (int i = 0;; ++i) {
        ++p.asked;
        co_await sleep_for(1ms);
        co_yield i;
    }
}

// Adaptors that did something before they were asked, or whose consumer went on
// before the generator below them was closed.
class early_stops {
public:
    // `adapt(group)` gives what stands behind the bar.
    template<class Adapt>
    task<> of(std::string name, Adapt adapt) {
        auto const make = [&](task_group& group, async_generator<int> source) {
            return std::move(source) | adapt(group);
        };
        co_await made(std::move(name), make);
    }
    template<class Make>
    task<> made(std::string name, Make make) {
        probe p;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto gen = make(group, probed(p));
            if (p.asked != 0 || !p.log.lines().empty())
                wrong.push_back(name + " is not lazy");
            auto const body = [](auto& all) -> task<> { co_await next(all); };
            co_await consume(gen, body);
            p.log("next statement");
        });
        std::string const text = p.log.text();
        if (text.find("open up closing up ") != 0 ||
            text.find(" closed up next statement") == text.npos)
            wrong.push_back(name + ": " + text);
        ++tried;
    }

    std::vector<std::string> wrong;
    int tried = 0;
};

// A stream that is no generator.
class countdown {
public:
    countdown(int from, event_log& log) : left_(from), log_(&log) {}
    task<int*> advance() {
        co_await checkpoint();
        if (left_ == 0)
            co_return nullptr;
        current_ = left_--;
        co_return &current_;
    }
    task<> close() {
        (*log_)("closed");
        co_return;
    }

private:
    int left_;
    int current_ = 0;
    event_log* log_;
};
static_assert(async_range<countdown>);
static_assert(async_range<async_generator<int>>);
static_assert(!async_range<ints>);

bool always(int) {
    return true;
}
task<bool> odd_later(int i) {
    co_await sleep_for(1ms);
    co_return i % 2 != 0;
}

} // namespace

TETHER_TEST_CASE("GE18 coverage row 77: every adaptor is lazy, and closes what "
                 "is below it before a consumer that leaves goes on") {
    early_stops all;
    auto const twice = [](int i) { return 2 * i; };
    auto const later = [](int i) -> task<int> { co_return i; };
    auto const three = [](int) { return numbers(3); };
    co_await all.of("filter", [](auto&) { return filter(always); });
    co_await all.of("transform", [&](auto&) { return transform(twice); });
    co_await all.of("on_each", [&](auto&) { return on_each(twice); });
    co_await all.of("distinct", [](auto&) { return distinct(); });
    co_await all.of("scan", [](auto&) { return scan(0, std::plus<>()); });
    co_await all.of("enumerate", [](auto&) { return enumerate(); });
    co_await all.of("take", [](auto&) { return take(3); });
    co_await all.of("take_while", [](auto&) { return take_while(always); });
    co_await all.of("drop", [](auto&) { return drop(2); });
    co_await all.of("chunk", [](auto&) { return chunk(2); });
    co_await all.of("flat_map", [&](auto&) { return flat_map(three); });
    co_await all.of("catch_error", [](auto&) {
        return catch_error([](std::exception_ptr) { return -1; });
    });
    co_await all.of("timeout_each", [](auto&) { return timeout_each(1s); });
    co_await all.of("throttle", [](auto&) { return throttle(2ms); });
    CHECK(all.tried == 14);
    CHECK(all.wrong == std::vector<std::string>{});

    early_stops ahead;
    co_await ahead.of("buffer", [](auto& g) { return buffer(g, 2); });
    co_await ahead.of("flat_map with a limit",
                      [&](auto& g) { return flat_map(g, 2, three); });
    co_await ahead.of("map_concurrent_stream", [&](auto& g) {
        return map_concurrent_stream(g, 2, later);
    });
    co_await ahead.of("debounce", [](auto& g) { return debounce(g, 0ms); });
    co_await ahead.of("sample", [](auto& g) { return sample(g, 3ms); });
    co_await ahead.of("window", [](auto& g) { return window(g, 3ms); });
    co_await ahead.of("chunk in time",
                      [](auto& g) { return chunk(g, 2, 5ms); });
    CHECK(ahead.tried == 7);
    CHECK(ahead.wrong == std::vector<std::string>{});
}

TETHER_TEST_CASE(
    "GE18 coverage row 77: so is what joins or shares generators") {
    using gen = async_generator<int>;
    early_stops all;
    co_await all.made("zip", [](task_group&, gen source) {
        return zip(std::move(source), numbers(9));
    });
    co_await all.made("the second of a zip", [](task_group&, gen source) {
        return zip(numbers(9), std::move(source));
    });
    co_await all.made("concat", [](task_group&, gen source) {
        return concat(std::move(source), numbers(9));
    });
    co_await all.made("merge", [](task_group& group, gen source) {
        return merge(group, std::move(source), slow_numbers(9, 1h));
    });
    co_await all.made("tee", [](task_group& group, gen source) {
        auto parts = tee(group, std::move(source), 1, 1);
        return std::move(parts.front());
    });
    co_await all.made("restart", [](task_group&, gen source) {
        return restart(
            [s = std::move(source)]() mutable { return std::move(s); }, 1);
    });
    CHECK(all.tried == 6);
    CHECK(all.wrong == std::vector<std::string>{});
}

TETHER_TEST_CASE(
    "coverage row 76: what adaptors give is what the same functions "
    "make of a whole list") {
    ints expected;
    for (int i = 0; i != 50; ++i)
        if (i % 2 != 0)
            expected.push_back(i * i);
    auto const square = [](int i) -> task<int> {
        co_await sleep_for(1ms);
        co_return i* i;
    };
    auto const got =
        co_await collect(numbers(50) | filter(odd_later) | transform(square));
    CHECK(got == expected);
}

TETHER_TEST_CASE(
    "GE26 coverage row 74: a stream is any class with advance() and "
    "close(), and past its end comes the end again") {
    event_log log;
    countdown stream(2, log);
    auto* const two = co_await stream.advance();
    CHECK(*two == 2);
    auto* const one = co_await stream.advance();
    CHECK(*one == 1);
    for (int i = 0; i != 3; ++i) {
        auto* const end = co_await stream.advance();
        CHECK(end == nullptr);
    }
    auto gen = numbers(1);
    co_await next(gen);
    for (int i = 0; i != 3; ++i) {
        auto const end = co_await next(gen);
        CHECK_FALSE(end.has_value());
    }
    int sum = 0;
    co_await for_each(countdown(4, log), [&](int i) { sum += i; });
    CHECK(sum == 10);
    auto const odds =
        co_await collect(countdown(5, log) | filter(odd_later) | take(2));
    CHECK(odds == ints{5, 3});
    CHECK(log.text() == "closed closed");
}

TETHER_TEST_CASE("coverage row 75: a return out of the loop over a generator "
                 "closes it before the next statement") {
    event_log log;
    int const first_odd = co_await consume(
        kept_numbers(log), [](async_generator<int>& all) -> task<int> {
            while (auto i = co_await next(all)) {
                if (*i % 2 == 0)
                    continue;
                co_return *i;
            }
            co_return -1;
        });
    log("next statement");
    CHECK(first_odd == 1);
    CHECK(log.text() == "open a locals gone closing a ok closed a next "
                        "statement");
}

TETHER_TEST_CASE(
    "coverage row 81: a deadline of the consumer does not govern a "
    "generator that runs behind as_channel") {
    event_log log;
    ints got;
    int timeouts = 0;
    auto const body = [&](element_receiver<int> all) -> task<> {
        for (bool open = true; open && got.size() < 3;) {
            try {
                co_await fail_after(3ms, [&]() -> task<> {
                    auto const item = co_await all.receive();
                    open = item.has_value();
                    if (open)
                        got.push_back(*item);
                });
            } catch (timeout_error const&) {
                ++timeouts; // what it was making goes on
            }
        }
    };
    co_await as_channel(slow_numbers(9, 5ms), body);
    CHECK(got == ints{0, 1, 2});
    CHECK(timeouts >= 3);
}
