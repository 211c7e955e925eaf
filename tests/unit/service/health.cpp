// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// health_registry: what the report says, and what no check can do to it.
#include "service_test.hpp"

#include "support/sweeps.hpp"

#include <stdexcept>

namespace {

using namespace service_test;

task<> passes() {
    co_await sleep_for(10ms);
}
task<bool> says_no() {
    co_return false;
}
task<> throws() {
    co_await sleep_for(10ms);
    throw std::runtime_error("no route");
}
task<> hangs() {
    co_await sleep_forever();
}

TETHER_TEST_CASE("RU35 a throwing or hung check delays no other and fails at "
                 "its own timeout") {
    health_registry health;
    health.add("passes", passes);
    health.add("throws", throws);
    health.add("hangs", hangs, {.timeout = 1s});
    health.add("no", says_no);
    stopwatch const time;
    health_report const now = co_await health.report();
    CHECK(time.elapsed() == 1s);
    CHECK_FALSE(now.healthy);
    CHECK(now.to_string() == "passes: healthy\n"
                             "throws: failing: no route\n"
                             "hangs: failing: timed out after 1 s\n"
                             "no: failing: the check said so\n");
}

TETHER_TEST_CASE("RU35 an answer is kept for its interval, and a second report "
                 "meanwhile asks nobody") {
    health_registry health;
    int asked = 0;
    health.add("db",
               [&]() -> task<> {
                   ++asked;
                   co_await sleep_for(100ms);
               },
               {.timeout = 1s, .interval = 5s});
    auto const two = co_await when_all(health.report(), health.report());
    CHECK(std::get<0>(two).healthy);
    CHECK(std::get<1>(two).healthy);
    CHECK(asked == 1);
    co_await sleep_for(4900ms);
    health_report const kept = co_await health.report();
    CHECK(asked == 1);
    co_await sleep_for(100ms);
    health_report const fresh = co_await health.report();
    CHECK(asked == 2);
    CHECK(kept.checks.at(0).at < fresh.checks.at(0).at);
}

TETHER_TEST_CASE("RU35 liveness and readiness are separate, readiness can be "
                 "forced false") {
    health_registry health;
    health.add("db", says_no);
    health.add("loop", passes, {.kind = health_kind::liveness});
    health_report const live = co_await health.report(health_kind::liveness);
    CHECK(live.to_string() == "loop: healthy\n");
    CHECK(live.healthy);
    health_registry well;
    well.add("hangs", hangs);
    well.set_ready(false, "shutting down");
    stopwatch const time;
    health_report const ready = co_await well.report();
    CHECK(time.elapsed() == 0s);
    CHECK_FALSE(ready.healthy);
    CHECK(ready.to_string() == "readiness: failing: shutting down\n");
    well.set_ready(true);
    CHECK(well.ready());
}

TEST_CASE("RU35 a time that is not positive and a name that is taken are "
          "refused") {
    health_registry health;
    CHECK_THROWS_WITH(health.add("db", passes, {.timeout = 0s}),
                      "health_registry: the timeout of 'db' is not positive: "
                      "0 ns");
    CHECK_THROWS_AS(health.add("db", passes, {.interval = -1s}),
                    std::invalid_argument);
    CHECK_THROWS_AS(health.add("", passes), std::invalid_argument);
    health.add("db", passes);
    CHECK_THROWS_WITH(health.add("db", passes),
                      contains_text("a check 'db' already"));
}

TEST_CASE("RU35 wherever a report is stopped, the next one asks again") {
    bool answered = true;
    auto const body = [&]() -> task<> {
        answered = false;
        health_registry health;
        health.add("passes", passes);
        health.add("throws", throws);
        auto const two_reports = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 2; ++i)
                    group.spawn([&]() -> task<> {
                        health_report const all = co_await health.report();
                        CHECK(all.checks.size() == 2);
                    });
                co_return;
            });
        };
        auto const another = [&]() -> task<> {
            health_report const all = co_await health.report();
            answered = all.checks.size() == 2;
        };
        co_await async_try(two_reports).finally(another);
    };
    tether_test::sweep_all_stops(body, [&] { return answered; }, 4);
}

} // namespace
