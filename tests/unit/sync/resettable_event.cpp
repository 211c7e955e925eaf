// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/sync/resettable_event.hpp>

#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_constructible_v<bool, resettable_event&>);
static_assert(!std::is_copy_constructible_v<resettable_event>);
static_assert(std::is_trivially_copyable_v<resettable_event_statistics>);

namespace {

task<> waiter(resettable_event& e, std::string name, event_log& log) {
    co_await e.wait();
    log(name);
}

} // namespace

TETHER_TEST_CASE("EV03 a resettable event lets go on who was woken, even if "
                 "it is cleared at once") {
    resettable_event e;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(waiter, std::ref(e), std::string("a"), std::ref(log));
        group.spawn(waiter, std::ref(e), std::string("b"), std::ref(log));
        co_await checkpoint();
        CHECK(e.statistics().waiting == 2);
        e.set();
        e.clear();
        group.spawn(waiter, std::ref(e), std::string("late"), std::ref(log));
        co_await sleep_for(1ms);
        CHECK(log.text() == "a b");
        CHECK(e.statistics().waiting == 1);
        CHECK_FALSE(e.statistics().set);
        e.set();
    });
    CHECK(log.text() == "a b late");
}

TETHER_TEST_CASE("EV03 a resettable event lets all pass while it is set") {
    resettable_event e(true);
    CHECK(e.is_set());
    co_await e.wait();
    e.set(); // again: nothing
    co_await e.wait();
    e.clear();
    e.clear();
    CHECK_FALSE(e.is_set());
    bool const passed = co_await move_on_after(1s, e.wait());
    CHECK_FALSE(passed);
    CHECK(e.statistics().waiting == 0);
}

TETHER_TEST_CASE("EV02 waiting for a resettable event that is set is a "
                 "checkpoint") {
    resettable_event e(true);
    bool passed = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await e.wait();
            passed = true;
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(passed);
}

TETHER_TEST_CASE("a pause: work stops where the event is clear and goes on "
                 "when it is set") {
    resettable_event running(true);
    int steps = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto worker = group.spawn([&]() -> task<> {
            for (;;) {
                co_await running.wait();
                ++steps;
                co_await sleep_for(1ms);
            }
        });
        co_await sleep_for(5500us);
        running.clear();
        int const at_pause = steps;
        CHECK(at_pause == 6);
        co_await sleep_for(1s);
        CHECK(steps == at_pause);
        running.set();
        co_await sleep_for(1500us);
        CHECK(steps == at_pause + 2);
        worker.cancel();
    });
}
