// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// flat_map with a limit: generators made of elements, several at a time.
#include "generator_test.hpp"

#include "support/sweeps.hpp"

#include <tether/stream/adaptors/background.hpp>
#include <tether/stream/adaptors/joins.hpp>
#include <tether/stream/adaptors/sections.hpp>
#include <tether/stream/collect.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = std::vector<int>;

// Generators that keep something open, counted over all of them.
class sources {
public:
    // n * 10, n * 10 + 1, .. with a wait before each.
    async_generator<int> inner(int n, int count, std::chrono::milliseconds gap,
                               bool fails = false) {
        co_await tether::keep(counted(*this));
        for (int i = 0; i < count; ++i) {
            co_await sleep_for(gap);
            co_yield n * 10 + i;
        }
        if (fails)
            throw std::runtime_error("inner " + std::to_string(n));
    }
    async_generator<int> outer(int count) {
        co_await tether::keep(counted(*this));
        for (int i = 0; i < count; ++i) {
            ++asked;
            co_yield i;
        }
    }
    bool balanced() const noexcept { return now_ == 0; }
    int most() const noexcept { return most_; }

    int asked = 0;

private:
    class counted {
    public:
        explicit counted(sources& of) noexcept : of_(&of) {}
        task<> open() {
            co_await checkpoint();
            of_->most_ = (std::max)(of_->most_, ++of_->now_);
        }
        task<> close() {
            co_await checkpoint();
            --of_->now_;
        }

    private:
        sources* of_;
    };

    int now_ = 0;
    int most_ = 0;
};

// Those of one inner generator.
ints of(ints const& all, int n) {
    ints some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some),
                 [n](int i) { return i / 10 == n; });
    return some;
}

} // namespace

TETHER_TEST_CASE(
    "GE17 flat_map with a limit runs so many generators at a time, "
    "the elements of each in their order") {
    sources s;
    ints got;
    stopwatch watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        // 0 is slower than the two after it together.
        auto fn = [&](int n) { return s.inner(n, 3, n == 0 ? 9ms : 4ms); };
        got = co_await collect(s.outer(3) | flat_map(group, 2, fn));
    });
    CHECK(s.most() == 3); // the outer one and two inner ones
    CHECK(got == ints{10, 11, 0, 12, 20, 1, 21, 22, 2});
    CHECK(of(got, 0) == ints{0, 1, 2});
    CHECK(watch.elapsed() < 3 * 9ms + 3 * 4ms);
    CHECK(s.balanced());
}

TETHER_TEST_CASE("GE17 flat_map with a limit of one is flat_map, run ahead; a "
                 "limit of zero is refused") {
    sources s;
    ints ahead;
    int most_of_one = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto fn = [&](int n) { return s.inner(n, n, 1ms); };
        ahead = co_await collect(s.outer(4) | flat_map(group, 1, fn));
        most_of_one = s.most();
        CHECK_THROWS_AS(flat_map(group, 0, fn), std::invalid_argument);
        auto const all = co_await collect(
            s.outer(4) |
            flat_map(group, (std::numeric_limits<std::size_t>::max)(), fn));
        CHECK(all.size() == ahead.size());
    });
    CHECK(most_of_one == 2);
    ints const in_turn = co_await collect(
        numbers(4) | flat_map([&](int n) { return s.inner(n, n, 1ms); }));
    CHECK(ahead == in_turn);
}

TETHER_TEST_CASE("GE19 flat_map asks for an element when there is a place for "
                 "what it becomes, and makes one element ahead") {
    sources s;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto fn = [&](int n) { return s.inner(n, 100, 1ms); };
        auto gen = s.outer(9) | flat_map(group, 2, fn);
        CHECK(s.asked == 0); // lazy
        co_await consume(gen, [&](auto& all) -> task<> {
            auto const one = co_await next(all);
            CHECK(*one == 0);
            co_await sleep_for(1s);
            CHECK(s.asked == 2);
            auto const two = co_await next(all);
            auto const three = co_await next(all);
            CHECK((*two == 10 && *three == 1));
        });
    });
    CHECK(s.asked == 2);
    CHECK(s.balanced());
}

TETHER_TEST_CASE("GE18 the first error of flat_map stops the others and comes "
                 "bare, after the elements before it") {
    sources s;
    ints got;
    std::vector<std::string> errors;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const failure_of = [&](auto gen) -> task<> {
            try {
                co_await for_each(std::move(gen),
                                  [&](int i) { got.push_back(i); });
            } catch (std::exception const& e) {
                errors.push_back(e.what());
            }
            CHECK(s.balanced());
        };
        auto fn = [&](int n) { return s.inner(n, 2, 4ms - n * 1ms, n == 1); };
        co_await failure_of(s.outer(3) | flat_map(group, 3, fn));
        CHECK(got == ints{20, 10, 0, 21, 11});
        auto throws = [&](int n) {
            if (n == 1)
                throw std::logic_error("fn");
            return s.inner(n, 2, 1ms);
        };
        co_await failure_of(s.outer(9) | flat_map(group, 3, throws));
        auto upstream = []() -> async_generator<int> {
            co_yield 1;
            throw std::out_of_range("upstream");
        };
        auto slow = [&](int n) { return s.inner(n, 2, 1s); };
        co_await failure_of(upstream() | flat_map(group, 2, slow));
    });
    CHECK(errors == std::vector<std::string>{"inner 1", "fn", "upstream"});
}

TETHER_TEST_CASE(
    "GE18 what flat_map has begun is closed before a consumer that "
    "leaves goes on, and when its group is stopped") {
    sources s;
    ints got;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto fn = [&](int n) { return s.inner(n, 9, 1ms); };
        got = co_await collect(s.outer(9) | flat_map(group, 3, fn) | take(2));
        CHECK(s.balanced());
    });
    CHECK(got == ints{0, 10});
    CHECK(s.most() == 4);
    co_await move_on_after(3500us, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto fn = [&](int n) { return s.inner(n, 9, 1ms); };
            co_await collect(s.outer(9) | flat_map(group, 3, fn));
        });
    });
    CHECK(s.balanced());
}

TEST_CASE("GE14 no stop and no order of the tasks of flat_map leaves anything "
          "open or changes the order of a generator") {
    std::optional<sources> s;
    bool in_order = true;
    auto const body = [&]() -> task<> {
        s.emplace();
        co_await with_task_group([&](task_group& group) -> task<> {
            auto fn = [&](int n) { return s->inner(n, 2, 0ms); };
            ints got;
            auto const keep_all = [&](int i) { got.push_back(i); };
            co_await for_each(s->outer(3) | flat_map(group, 2, fn), keep_all);
            for (int n = 0; n != 3; ++n)
                in_order = in_order && of(got, n) == ints{n * 10, n * 10 + 1};
        });
    };
    auto const kept = [&] { return in_order && (!s || s->balanced()); };
    sweep_all_stops(body, kept, 20);
    explore_with_stops(200, body, kept);
}
