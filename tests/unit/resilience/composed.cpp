// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The order in which the parts of the layer go around a call.
#include "support/test_case.hpp"

#include <tether/resilience/bulkhead.hpp>
#include <tether/resilience/circuit_breaker.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>

#include <functional>
#include <utility>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

struct limits {
    circuit_breaker breaker{{.failures = 3, .open_for = 1s}};
    bulkhead places{{.max_concurrent = 1, .max_queue = 9}};
    rate_limiter rate{per_second(10)};
};

// retry(breaker(bulkhead(rate(timeout(call)))))
task<> composed(limits& l, std::function<task<>()> call) {
    auto const timed = [&]() -> task<> {
        co_await l.rate.acquire();
        co_await fail_after(50ms, call());
    };
    auto const placed = [&] { return l.places.call(timed); };
    co_await retry({.max_attempts = 9, .backoff = backoff::constant(10ms)},
                   [&] { return l.breaker.call(placed); })
        .on<timeout_error>();
}

} // namespace

TETHER_TEST_CASE("LI23 each attempt has its own timeout, permit of the rate "
                 "and place, and the breaker ends the attempts") {
    limits l;
    std::vector<long> began;
    stopwatch const watch;
    auto const stuck = [&]() -> task<> {
        began.push_back(static_cast<long>(watch.elapsed().count()));
        co_await sleep_forever();
    };
    bool refused = false;
    try {
        co_await composed(l, stuck);
    } catch (circuit_open const&) {
        refused = true;
    }
    CHECK(refused); // the fourth attempt was not made
    // The time in the queue of the rate is none of the timeout's.
    CHECK(began == std::vector<long>{0, 100, 200});
    CHECK(watch.elapsed() == 260ms);
    CHECK(l.breaker.statistics().failed == 3);
    CHECK(l.places.statistics().running == 0);
}

TETHER_TEST_CASE("LI23 a pause of retry holds neither a place nor the "
                 "breaker") {
    limits l;
    std::vector<int> order;
    auto const call = [&](int who, bool& fails) {
        return [&order, &fails, who]() -> task<> {
            order.push_back(who);
            if (std::exchange(fails, false))
                co_await sleep_forever();
        };
    };
    bool first_fails = true;
    bool second_fails = false;
    auto const first = call(1, first_fails);
    auto const second = call(2, second_fails);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&] { return composed(l, first); });
        group.spawn([&] { return composed(l, second); });
        co_return;
    });
    CHECK(order == std::vector<int>{1, 2, 1});
    CHECK(l.breaker.statistics().succeeded == 2);
}
