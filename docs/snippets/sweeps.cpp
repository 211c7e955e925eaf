// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/testing-sweeps.md.
#include "support/catch.hpp"

#include <tether/testing.hpp>
#include <tether/tether.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;

namespace {

// [transfer]
struct bank {
    int alice = 100;
    int bob = 0;

    task<> record(std::string) { co_await sleep_for(1ms); }
    task<> transfer(int amount) {
        alice -= amount;
        co_await record("to bob"); // a stop here, and the money is gone
        bob += amount;
    }
    task<> safe_transfer(int amount) {
        co_await record("to bob");
        alice -= amount;
        bob += amount;
    }
};
// [transfer]

// [cancel_sweep]
TEST_CASE("no stop makes money disappear") {
    bank here;
    testing::cancel_sweep(
        [&]() -> task<> {
            here = {};
            co_await here.safe_transfer(10);
        },
        [&] { return here.alice + here.bob == 100; });
}
// [cancel_sweep]

TEST_CASE("the sweep finds the transfer that is not safe") {
    bank here;
    std::string report;
    try {
        testing::cancel_sweep(
            [&]() -> task<> {
                here = {};
                co_await here.transfer(10);
            },
            [&] { return here.alice + here.bob == 100; });
    } catch (testing::test_failure const& failure) {
        report = failure.what();
    }
    CHECK(report.find("stopped at checkpoint 1 of 1") != report.npos);
}

// [fault_sweep]
TEST_CASE("no failure makes money disappear") {
    bank here;
    testing::fault_sweep(
        [&]() -> task<> {
            here = {};
            co_await here.safe_transfer(10);
        },
        [&] { return here.alice + here.bob == 100; });
}
// [fault_sweep]

// [explore]
TEST_CASE("the total is right in whatever order the transfers run") {
    testing::explore(testing::seeds{1000}, []() -> task<> {
        bank here;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int amount : {10, 20, 30})
                group.spawn(&bank::safe_transfer, &here, amount);
            co_return;
        });
        if (here.bob != 60)
            throw testing::test_failure("bob has too little");
    });
}
// [explore]

} // namespace
