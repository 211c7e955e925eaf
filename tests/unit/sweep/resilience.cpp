// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do limiters, breakers, bulkheads and single flights stand every stop, every
/// fault and every order?
#include "everywhere.hpp"

#include <tether/resilience/bulkhead.hpp>
#include <tether/resilience/circuit_breaker.hpp>
#include <tether/resilience/keyed_limiter.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/resilience/single_flight.hpp>

namespace {

using namespace tether_test;

// Counts who is in a place, also while frames are destroyed.
class inside {
public:
    explicit inside(int& count) : count_(count) { ++count_; }
    inside(inside const&) = delete;
    inside& operator=(inside const&) = delete;
    ~inside() { --count_; }

private:
    int& count_;
};

// Whoever goes on has a permit: never more of them than time allows.
task<> limited(world& w) {
    rate_limiter limiter(per_second(1000), burst{2});
    keyed_limiter<int> keys(per_second(500));
    auto const begun = this_task::now();
    std::size_t through = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn([&, i]() -> task<> {
                life const me(w);
                co_await limiter.acquire(i == 1 ? 2 : 1);
                through += i == 1 ? 2 : 1;
                auto const ms =
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        this_task::now() - begun);
                require(through <= 2 + 2 * static_cast<std::size_t>(ms.count()),
                        "nobody goes on without a permit");
                co_await keys.acquire(i % 2);
                static_cast<void>(co_await move_on_after(1ms, [&]() -> task<> {
                    static_cast<void>(
                        co_await limiter.try_acquire_before_deadline());
                }));
            });
        co_await sleep_for(1ms);
        limiter.set_rate(per_second(2000));
    });
    require(limiter.statistics().waiting == 0, "nobody waits");
    co_await sleep_for(1s);
    require(limiter.is_idle(), "all permits come back");
}

task<> bulkheaded(world& w) {
    bulkhead service({.max_concurrent = 1, .max_queue = 1});
    int running = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn([&]() -> task<> {
                life const me(w);
                try {
                    auto const place = co_await service.enter();
                    inside const here(running);
                    require(running == 1, "one at a time");
                    co_await sleep_for(1ms);
                } catch (bulkhead_full const&) {
                }
            });
        co_return;
    });
    auto const now = service.statistics();
    require(now.running == 0 && now.waiting == 0, "all have left");
}

task<> broken(world& w) {
    circuit_breaker breaker({.failures = 1, .open_for = 1ms});
    int calls = 0;
    auto const body = [&]() -> task<> {
        life const me(w);
        inside const here(calls);
        bool const probe = breaker.state() == circuit_state::half_open;
        require(!probe || calls == 1, "one probe at a time");
        co_await sleep_for(1ms);
        if (!probe)
            throw std::runtime_error("down");
    };
    auto const call = [&]() -> task<> {
        try {
            co_await breaker.call(body);
        } catch (std::runtime_error const&) {
        }
    };
    for (int round = 0; round != 2; ++round) {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(call);
            group.spawn(call);
            co_return;
        });
        co_await sleep_for(1ms);
    }
    require(breaker.statistics().calls == 0, "no call goes on");
    breaker.admit().succeeded(); // would throw if it were wedged
}

task<> shared(world& w) {
    co_await with_task_group([&](task_group& group) -> task<> {
        single_flight<int, int> flights(group);
        auto const load = [&]() -> task<int> {
            life const me(w);
            co_await sleep_for(2ms);
            co_return 7;
        };
        co_await with_task_group([&](task_group& callers) -> task<> {
            for (int i = 0; i != 3; ++i)
                callers.spawn([&, i]() -> task<> {
                    auto const ask = [&]() -> task<> {
                        int const got = co_await flights.call(1, load);
                        require(got == 7, "everybody has the result");
                    };
                    static_cast<void>(co_await move_on_after(
                        std::chrono::milliseconds(i + 1), ask));
                });
            co_return;
        });
        require(flights.statistics().in_flight == 0, "nothing is left");
    });
}

} // namespace

TEST_CASE("TE17 rate_limiter and keyed_limiter, swept") {
    everywhere(limited, 50);
}
TEST_CASE("TE17 bulkhead, swept") {
    everywhere(bulkheaded, 50);
}
TEST_CASE("TE17 circuit_breaker, swept") {
    everywhere(broken, 50);
}
TEST_CASE("TE17 single_flight, swept") {
    everywhere(shared, 50);
}
