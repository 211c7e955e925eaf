// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Rate limiters: the arithmetic by itself, and tasks that wait, in virtual
// time.
#include "support/test_case.hpp"

#include <tether/resilience/bulkhead.hpp>
#include <tether/resilience/keyed_limiter.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/stream/select.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>

#include <algorithm>
#include <deque>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;
using detail::gcra;
using detail::time_point;

namespace {

constexpr time_point start{};

task<> taker(rate_limiter& limiter, std::size_t n, std::string name,
             event_log& log) {
    stopwatch const time;
    co_await limiter.acquire(n);
    log(name + "@" + std::to_string(time.elapsed().count()));
}

} // namespace

TEST_CASE("LI01 no window has more grants than the rate and one burst") {
    std::mt19937 random(1);
    for (std::int64_t const burst_size : {1, 7, 50}) {
        constexpr std::int64_t ns = 3000000; // an interval of 1/3 of this
        gcra limiter(per(3, std::chrono::nanoseconds(ns)),
                     static_cast<std::size_t>(burst_size),
                     static_cast<std::size_t>(burst_size));
        std::vector<std::int64_t> at;
        std::int64_t now = 0;
        while (at.size() != 10000) {
            if (random() % 50 == 0)
                now += static_cast<std::int64_t>(random() % 20) * ns; // idle
            while (limiter.try_take(1, start + std::chrono::nanoseconds(now)))
                at.push_back(now);
            now += static_cast<std::int64_t>(random() % (ns / 2));
        }
        // In the span from grant i to grant j are j - i + 1 of them: with
        // x = 3 i - 3 at / ns that is x(j) - x(i) <= 3 (burst - 1) for all.
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        std::int64_t most = std::numeric_limits<std::int64_t>::min();
        for (std::size_t j = 0; j != at.size(); ++j) {
            std::int64_t const x =
                static_cast<std::int64_t>(j) * ns - 3 * at[j];
            least = std::min(least, x);
            most = std::max(most, x - least);
        }
        CHECK(most <= (burst_size - 1) * ns);
        CHECK(most > (burst_size - 2) * ns); // and the burst was used
    }
}

TETHER_TEST_CASE("LI02 a thousand grants take the time they should, exactly") {
    for (std::size_t const permits : {1u, 10u}) {
        rate_limiter limiter(per_second(3), burst{permits});
        auto const begun = this_task::now();
        for (int i = 0; i != 1000; ++i)
            co_await limiter.acquire();
        std::chrono::nanoseconds const took = this_task::now() - begun;
        auto const thirds = static_cast<std::int64_t>(1000 - permits);
        CHECK(took.count() == (thirds * 1000000000 + 2) / 3);
        CHECK(limiter.statistics().granted == 1000);
    }
}

TETHER_TEST_CASE("LI03 grants are first come first served, with one timer") {
    rate_limiter limiter(per_second(10), burst{3});
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        CHECK(limiter.try_acquire(3));
        group.spawn(taker, std::ref(limiter), 3u, "big", std::ref(log));
        for (auto const* name : {"a", "b", "c"})
            group.spawn(taker, std::ref(limiter), 1u, name, std::ref(log));
        co_await checkpoint();
        CHECK(detail::running_loop()->timers().size() == 1);
        CHECK(limiter.statistics().waiting == 4);
        co_await sleep_for(200ms);
        CHECK_FALSE(limiter.try_acquire()); // two are there, and reserved
    });
    CHECK(log.text() == "big@300 a@400 b@500 c@600");
}

TETHER_TEST_CASE("LI04 a cancelled waiter costs those behind it nothing") {
    rate_limiter limiter(per_second(10));
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        CHECK(limiter.try_acquire());
        auto a = group.spawn(taker, std::ref(limiter), 1u, "a", std::ref(log));
        group.spawn(taker, std::ref(limiter), 1u, "b", std::ref(log));
        auto c = group.spawn(taker, std::ref(limiter), 1u, "c", std::ref(log));
        group.spawn(taker, std::ref(limiter), 1u, "d", std::ref(log));
        co_await sleep_for(50ms);
        a.cancel();
        c.cancel();
    });
    CHECK(log.text() == "b@100 d@200");
    CHECK(limiter.statistics().granted == 3);
}

TETHER_TEST_CASE("LI05 a call has its weight; one above the burst is refused") {
    rate_limiter limiter(per_second(10), burst{5});
    CHECK_THROWS_WITH(limiter.acquire(6), contains_text("6 permits"));
    CHECK_THROWS_AS(limiter.try_acquire(6), std::invalid_argument);
    CHECK_THROWS_AS(limiter.try_acquire_before_deadline(6),
                    std::invalid_argument);
    stopwatch const time;
    co_await limiter.acquire(5);
    CHECK(time.elapsed() == 0ms);
    co_await limiter.acquire(2);
    CHECK(time.elapsed() == 200ms);
}

TETHER_TEST_CASE("LI06 a burst of one keeps the gap also after a late grant") {
    rate_limiter limiter(per_second(10));
    co_await limiter.acquire();
    co_await sleep_for(150ms);
    CHECK(limiter.try_acquire());
    co_await sleep_for(60ms); // at 210: the second grid point is at 200
    CHECK_FALSE(limiter.try_acquire());
    stopwatch const time;
    co_await limiter.acquire();
    CHECK(time.elapsed() == 40ms);
}

TETHER_TEST_CASE("LI07 rate and pause change for those who wait") {
    rate_limiter limiter(per_second(10));
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        CHECK(limiter.try_acquire());
        for (auto const* name : {"a", "b", "c"})
            group.spawn(taker, std::ref(limiter), 1u, name, std::ref(log));
        co_await sleep_for(50ms);
        limiter.set_rate(per_second(5)); // half of the permit is missing
        co_await sleep_for(150ms);       // a at 150, b in 150
        limiter.set_rate(per_second(10));
        co_await sleep_for(100ms); // b at 275, c in 75
        limiter.pause_until(this_task::now() + 700ms);
        limiter.pause_until(this_task::now() + 100ms); // the latest counts
    });
    CHECK(log.text() == "a@150 b@275 c@1000");
    CHECK_THROWS_AS(limiter.pause_until(time_point::max()),
                    std::invalid_argument);
}

TETHER_TEST_CASE("LI08 who could not be served in time does not wait") {
    rate_limiter limiter(per_second(10));
    CHECK(limiter.try_acquire());
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(taker, std::ref(limiter), 1u, "first", std::ref(log));
        co_await checkpoint();
        stopwatch const time;
        bool in_time = true;
        co_await fail_after(199ms, [&]() -> task<> {
            in_time = co_await limiter.try_acquire_before_deadline();
        });
        CHECK_FALSE(in_time); // its turn is at 200
        CHECK(time.elapsed() == 0ms);
        co_await fail_after(201ms, [&]() -> task<> {
            in_time = co_await limiter.try_acquire_before_deadline();
        });
        CHECK(in_time);
        CHECK(time.elapsed() == 200ms);
    });
    bool const without = co_await limiter.try_acquire_before_deadline();
    CHECK(without);
    CHECK(log.text() == "first@100");
}

// No TETHER_TEST_CASE: the hooks of a test would take the long way.
TEST_CASE("CA12 an acquire that need not wait is a checkpoint, and others run "
          "after 64 of them") {
    rate_limiter limiter(per_second(1000), burst{1000});
    bool passed = false;
    int row = 0;
    int most = 0;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await limiter.acquire();
            passed = true;
        });
        bool over = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                while (!over) {
                    row = 0;
                    co_await checkpoint();
                }
            });
            co_await checkpoint();
            for (int i = 0; i != 200; ++i) {
                co_await limiter.acquire();
                most = std::max(most, ++row);
            }
            over = true;
        });
    });
    CHECK(!passed);
    CHECK(most > 32);
    CHECK(most <= 64);
}

TEST_CASE("LI09 idle time saves up one burst, however long it is") {
    gcra limiter(per_second(1000), 5, 5);
    for (time_point const now : {start, start + 1s, start + 1000h}) {
        CHECK(limiter.available(now) == 5);
        int taken = 0;
        while (limiter.try_take(1, now))
            ++taken;
        CHECK(taken == 5);
    }
}

TEST_CASE("LI10 nothing overflows at the ends of the clock") {
    gcra limiter(per_second(1000), 5, 5);
    time_point at = start;
    for (time_point const now :
         {time_point::min(), time_point::max() - 1h, time_point::max()}) {
        std::size_t const allowed = now == time_point::max() ? 0 : 5; // never
        CHECK(limiter.available(now) == allowed);
        at = now;
        std::size_t taken = 0;
        while (limiter.try_take(1, at))
            ++taken;
        CHECK(taken == allowed);
    }
    CHECK(limiter.due(5, at) > start + 1000h);
}

TETHER_TEST_CASE("LI30 a waiter goes on only with a permit, in one deadline") {
    rate_limiter limiter(per_second(10), burst{2});
    CHECK(limiter.try_acquire(2));
    stopwatch const time;
    bool admitted = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != 4; ++i) { // its time comes, and goes again
                co_await sleep_for(90ms);
                limiter.pause_until(this_task::now() + 100ms);
            }
        });
        admitted = co_await move_on_after(350ms, limiter.acquire());
    });
    CHECK_FALSE(admitted);
    CHECK(time.elapsed() == 360ms);
    CHECK(limiter.statistics().granted == 2);
}

TETHER_TEST_CASE(
    "LI31 the wait is for what is missing; bad rates are refused") {
    rate_limiter limiter(per_second(10), burst{10});
    CHECK(limiter.try_acquire(1));
    stopwatch const time;
    co_await limiter.acquire(10);
    CHECK(time.elapsed() == 100ms);

    for (double const bad :
         {0.0, -1.0, 2e9, 1e-300, std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity()})
        CHECK_THROWS_AS(per_second(bad), std::invalid_argument);
    CHECK_THROWS_WITH(per_second(-7), contains_text("-7"));
    CHECK_THROWS_WITH(per(-7, 1s), contains_text("-7"));
    CHECK_THROWS_AS(per(1, 0s), std::invalid_argument);
    CHECK_THROWS_AS(per(1, -1s), std::invalid_argument);
    CHECK_THROWS_AS(per(1, std::chrono::hours::max()), std::invalid_argument);
    CHECK_THROWS_AS(rate_limiter(per_second(1), burst{0}),
                    std::invalid_argument);
    CHECK_THROWS_AS(rate_limiter(per_second(1), burst{2, 3}),
                    std::invalid_argument);
    CHECK_THROWS_AS(rate_limiter(per(1, 24h * 365), burst{1000}),
                    std::invalid_argument);
    CHECK(per_second(2.5) == per(5, 2s));
    CHECK(per_second(0.1) == per(1, 10s));
}

TETHER_TEST_CASE("LI32 the first permits may be missing; savings are capped") {
    rate_limiter limiter(per_second(10), burst{4, 0});
    CHECK(limiter.statistics().available == 0);
    stopwatch const time;
    co_await limiter.acquire();
    CHECK(time.elapsed() == 100ms);
    co_await sleep_for(1h);
    CHECK(limiter.statistics().available == 4);
    CHECK(limiter.is_idle());
}

TETHER_TEST_CASE("SE10 each key has its own allowance and its own weight") {
    keyed_limiter<std::string> hosts(per_second(1), burst{2});
    hosts.set_rate("big", per_second(10));
    stopwatch const time;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (std::string const host : {"big", "small"})
            group.spawn([&, host]() -> task<> {
                for (int i = 0; i != 4; ++i)
                    co_await hosts.acquire(host);
                CHECK(time.elapsed() == (host == "big" ? 200ms : 2s));
            });
        co_return;
    });
    CHECK(hosts.size() == 2);
    for (int i = 0; i != 1000; ++i)
        CHECK(hosts.try_acquire(std::to_string(i)));
    CHECK(hosts.size() == 1002);
    co_await sleep_for(1s); // their allowance is full again
    for (int i = 0; i != 1000; ++i)
        static_cast<void>(hosts.try_acquire("one"));
    CHECK(hosts.size() <= 3);
}

TETHER_TEST_CASE("SE10 a key that is about to be waited for is remembered") {
    keyed_limiter<int> keys(per_second(1));
    for (int round = 0; round != 2; ++round) {
        // Both are made before one of them is asked.
        auto const first = co_await select(keys.acquire(1), keys.acquire(2));
        CHECK(first.index() == static_cast<std::size_t>(round));
    }
    CHECK(keys.statistics(1).granted == 1);
    CHECK(keys.statistics(2).granted == 1);
}

TETHER_TEST_CASE("LI01 a server that bans more than 100 in a second bans "
                 "nobody") {
    constexpr int n = 10000;
    rate_limiter rate_limit(per_second(100));
    bulkhead places({.max_concurrent = 20, .max_queue = n});
    std::deque<time_point> last;
    bool banned = false;
    int most = 0;
    int running = 0;
    auto const request = [&]() -> task<> {
        auto const place = co_await places.enter();
        co_await rate_limit.acquire();
        last.push_back(this_task::now());
        while (last.front() <= last.back() - 1s)
            last.pop_front();
        banned = banned || last.size() > 100;
        most = std::max(most, ++running);
        co_await sleep_for(150ms);
        --running;
    };
    stopwatch const time;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != n; ++i)
            group.spawn(request);
        co_return;
    });
    CHECK_FALSE(banned);
    CHECK(most <= 20);
    CHECK(time.elapsed() == 99990ms + 150ms);
}
