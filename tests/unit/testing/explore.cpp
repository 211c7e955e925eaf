// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which orders does explore() try, and can each be had again?
#include "sweep_test.hpp"

#include <tether/testing/detail/orders.hpp>

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>

namespace {

using namespace tether;
using namespace tether::testing;
using namespace tether_test;

// Three children; `log` is the order in which they got a turn.
task<> children(std::string& log) {
    log.clear();
    co_await with_task_group([&](task_group& group) -> task<> {
        for (char const name : {'a', 'b', 'c'})
            group.spawn([&log, name]() -> task<> {
                log += name;
                co_return;
            });
        co_return;
    });
}
task<> sleepers(std::string& log) {
    log.clear();
    co_await with_task_group([&](task_group& group) -> task<> {
        for (char const name : {'a', 'b', 'c'})
            group.spawn(eager, [&log, name]() -> task<> {
                co_await sleep_for(name == 'c' ? 2ms : 1ms);
                log += name;
            });
        co_return;
    });
}

struct environment {
    explicit environment(char const* seed) { ::setenv("TETHER_SEED", seed, 1); }
    ~environment() { ::unsetenv("TETHER_SEED"); }
};

// "17" of "with order 17; to run it alone: ...".
std::string order_of(std::string const& report) {
    std::string const before = "with order ";
    auto const at = report.find(before) + before.size();
    return report.substr(at, report.find(';') - at);
}

} // namespace

TEST_CASE("TE19 seeds give all orders of ready tasks sooner or later") {
    std::string log;
    std::set<std::string> seen;
    auto const report = explore(
        seeds{200}, [&] { return children(log); }, [&] { seen.insert(log); });
    CHECK(report.runs == 200);
    CHECK(seen.size() == 6);
}

TEST_CASE("TE19 exhaustive mode tries each order once and knows the end") {
    std::string log;
    std::multiset<std::string> seen;
    auto const report = explore(
        exhaustive{}, [&] { return children(log); }, [&] { seen.insert(log); });
    CHECK(report.complete);
    CHECK(report.runs == 6);
    CHECK(seen.size() == 6);
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 6);
}

TEST_CASE("TE19 exhaustive mode stops at its bound and says so") {
    std::string log;
    auto const report = explore(exhaustive{4}, [&] { return children(log); });
    CHECK(report.runs == 4);
    CHECK(!report.complete);
}

TEST_CASE("TE19 timers due at one instant are permuted, others keep their "
          "order") {
    std::string log;
    std::set<std::string> seen;
    explore(
        exhaustive{}, [&] { return sleepers(log); }, [&] { seen.insert(log); });
    CHECK(seen == std::set<std::string>{"abc", "bac"});
}

TEST_CASE("TE19 the report of a failure names the order, and that order "
          "fails again") {
    std::string log;
    auto body = [&] { return children(log); };
    auto fine = [&] { return log != "cab"; };
    std::string const report =
        failure_of([&] { explore(seeds{1000}, body, fine); });
    REQUIRE(contains(report, "the invariant does not hold"));
    std::string const name = order_of(report);
    CHECK(contains(report, "TETHER_SEED=" + name));
    log.clear();
    CHECK(!failure_of([&] { explore(replay{name}, body, fine); }).empty());
    CHECK(log == "cab");
    CHECK(!failure_of([&] {
               explore(replay{std::stoull(name)}, body, fine);
           }).empty());
}

TEST_CASE("TE19 an order of exhaustive mode can be replayed by its name") {
    std::string log;
    auto body = [&] { return children(log); };
    std::string const report = failure_of(
        [&] { explore(exhaustive{}, body, [&] { return log != "bca"; }); });
    std::string const name = order_of(report);
    CHECK(name == "x1.1");
    log.clear();
    CHECK(explore(replay{name}, body).runs == 1);
    CHECK(log == "bca");
}

TEST_CASE("TE19 TETHER_SEED in the environment chooses the one order to "
          "run") {
    std::string log;
    environment const chosen("x2.1");
    auto const report = explore(seeds{1000}, [&] { return children(log); });
    CHECK(report.runs == 1);
    CHECK(log == "cba");
}

TEST_CASE("TE19 what is no name of an order is refused") {
    for (char const* name : {"", "y", "17x", "x1.", "x1..2", "x.1", "-1"})
        CHECK_THROWS_AS(explore(replay{name}, []() -> task<> { co_return; }),
                        std::invalid_argument);
    CHECK(testing::detail::order::named("x").name() == "x");
    CHECK(testing::detail::order::named("18446744073709551615").name() ==
          "18446744073709551615");
}

TEST_CASE("TE19 an error or a deadlock in one order is found") {
    auto body = []() -> task<> {
        event ready;
        bool waiting = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                waiting = true;
                co_await ready.wait();
            });
            group.spawn([&]() -> task<> {
                if (waiting) // the mistake: who comes first is not told
                    ready.set();
                co_return;
            });
            co_return;
        });
    };
    std::string const report = failure_of([&] { explore(exhaustive{}, body); });
    CHECK(contains(report, "with order x1"));
    CHECK(contains(report, "deadlock"));
}

TEST_CASE("TE19 with stops, each order also stops the body somewhere") {
    int balance = 0;
    explore_options options;
    options.stops = true;
    auto body = [&]() -> task<> {
        balance = 0;
        co_await checkpoint();
        balance -= 1;
        co_await checkpoint();
        balance += 1;
    };
    auto fine = [&] { return balance == 0; };
    CHECK(failure_of([&] { explore(exhaustive{}, body, fine); }).empty());
    std::string const report =
        failure_of([&] { explore(exhaustive{}, body, fine, options); });
    CHECK(contains(report, "stopped at checkpoint 2"));
    CHECK(contains(report, "explore.cpp:"));
    CHECK(!failure_of([&] {
               explore(replay{order_of(report)}, body, fine, options);
           }).empty());
}

TEST_CASE("TE26 on request children start at once in some orders") {
    bool at_once = false;
    int eager_runs = 0;
    auto body = [&]() -> task<> {
        bool ran = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                ran = true;
                co_return;
            });
            at_once = ran;
            co_return;
        });
    };
    auto count = [&] { eager_runs += at_once ? 1 : 0; };
    explore(exhaustive{}, body, count);
    CHECK(eager_runs == 0);
    explore_options options;
    options.eager = true;
    explore(exhaustive{}, body, count, options);
    CHECK(eager_runs == 1);
}

TEST_CASE("TE19 a body that never ends is ended by force") {
    explore_options options;
    options.max_turns = 1000;
    std::string const report = failure_of([&] {
        explore(
            seeds{10},
            []() -> task<> {
                for (;;)
                    co_await checkpoint();
            },
            options);
    });
    CHECK(contains(report, "it does not end"));
}
