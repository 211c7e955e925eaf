// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/sync/latch.hpp>

#include <stdexcept>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<latch>);
static_assert(std::is_trivially_copyable_v<latch_statistics>);

namespace {

constinit latch static_latch(2);

task<> waiter(latch& l, std::string name, event_log& log) {
    co_await l.wait();
    log(name);
}

} // namespace

TETHER_TEST_CASE("EV08 a latch lets all go on when it has been counted down") {
    latch l(3);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(waiter, std::ref(l), std::string("a"), std::ref(log));
        group.spawn(waiter, std::ref(l), std::string("b"), std::ref(log));
        co_await checkpoint();
        l.count_down();
        CHECK_FALSE(l.try_wait());
        CHECK(l.statistics().count == 2);
        CHECK(l.statistics().waiting == 2);
        co_await sleep_for(1ms);
        CHECK(log.text().empty());
        l.count_down(2);
        CHECK(l.try_wait());
    });
    CHECK(log.text() == "a b");
    co_await l.wait(); // for ever open
    CHECK(l.statistics().count == 0);
}

TEST_CASE("EV08 a latch is never counted below zero, and not set up there") {
    latch l(2);
    CHECK_THROWS_AS(l.count_down(3), std::logic_error);
    CHECK_THROWS_WITH(l.count_down(3), contains_text("3 of a count of 2"));
    CHECK(l.statistics().count == 2);
    l.count_down(0);
    l.count_down(2);
    CHECK_THROWS_AS(l.count_down(), std::logic_error);
    l.count_down(0);
    CHECK_THROWS_AS(latch(-1), std::invalid_argument);
    CHECK(latch(0).try_wait());
    static_latch.count_down();
    CHECK(static_latch.statistics().count == 1);
}

TETHER_TEST_CASE("EV08 arrive_and_wait counts at once and then waits") {
    latch l(3);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c"}) {
            group.spawn(
                [](latch* shared, std::string who, event_log* out) -> task<> {
                    (*out)("+" + who);
                    co_await shared->arrive_and_wait();
                    (*out)("-" + who);
                },
                &l, std::string(name), &log);
        }
        co_return;
    });
    CHECK(log.text() == "+a +b +c -c -a -b"); // the last does not wait
    CHECK_THROWS_AS(l.arrive_and_wait(), std::logic_error);
}

TETHER_TEST_CASE("EV08 a cancelled waiter leaves the latch as it is") {
    latch l(1);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto gone = group.spawn(waiter, std::ref(l), std::string("gone"),
                                std::ref(log));
        group.spawn(waiter, std::ref(l), std::string("stays"), std::ref(log));
        co_await checkpoint();
        gone.cancel();
        CHECK(l.statistics().waiting == 1);
        CHECK(l.statistics().count == 1);
        l.count_down();
    });
    CHECK(log.text() == "stays");
}
