// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/sync/event.hpp>

#include <type_traits>
#include <utility>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_constructible_v<bool, event&>,
              "EV04 an event is no condition");
static_assert(!std::is_copy_constructible_v<event>);

namespace {

task<> waiter(event& e, std::string name, event_log& log) {
    co_await e.wait();
    log(name);
}

template<class E>
concept can_clear = requires(E& e) { e.clear(); };

} // namespace

TETHER_TEST_CASE("EV01 set wakes all who wait, and later waits pass") {
    event e;
    event_log log;
    stopwatch watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(waiter, std::ref(e), std::string("a"), std::ref(log));
        group.spawn(waiter, std::ref(e), std::string("b"), std::ref(log));
        co_await sleep_for(1s);
        CHECK(log.text().empty());
        CHECK(e.statistics().waiting == 2);
        CHECK_FALSE(e.is_set());
        e.set();
        CHECK(e.is_set());
        CHECK(e.statistics().waiting == 0);
        CHECK(log.text().empty()); // set() runs nobody itself
    });
    CHECK(log.text() == "a b");
    co_await e.wait();
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("EV02 waiting for a set event is a checkpoint") {
    event e;
    e.set();
    bool passed = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await e.wait();
            scope.cancel();
            co_await e.wait();
            passed = true;
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(passed);

    // It also lets others run once the budget is used up.
    bool other_ran = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        for (int i = 0; i != 1000 && !other_ran; ++i)
            co_await e.wait();
        CHECK(other_ran);
    });
}

TETHER_TEST_CASE("EV03 an event cannot be cleared") {
    static_assert(!can_clear<event>);
    event e;
    e.set();
    co_await e.wait();
    CHECK(e.is_set());
}

TEST_CASE("EV04 an event does not convert to bool") {
    CHECK_FALSE(std::is_convertible_v<event&, bool>);
    CHECK_FALSE(std::is_constructible_v<bool, event&>);
    CHECK_FALSE(
        std::is_constructible_v<bool,
                                decltype(std::declval<event&>().wait())&>);
}

TETHER_TEST_CASE("EV05 a cancelled waiter is gone from the event") {
    event e;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::vector<task_handle<void>> handles;
        for (int i = 0; i != 5; ++i)
            handles.push_back(group.spawn(waiter, std::ref(e),
                                          std::to_string(i), std::ref(log)));
        co_await checkpoint();
        for (std::size_t gone : {0u, 2u, 4u})
            handles[gone].cancel();
        CHECK(e.statistics().waiting == 2);
        e.set();
    });
    CHECK(log.text() == "1 3");
}

TETHER_TEST_CASE("EV05 a waiter that was woken goes on although it is "
                 "cancelled") {
    event e;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn(waiter, std::ref(e), std::string("woken"),
                                  std::ref(log));
        co_await checkpoint();
        e.set();
        handle.cancel();
    });
    CHECK(log.text() == "woken");
}

TETHER_TEST_CASE("EV06 the second set does nothing") {
    event e;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(waiter, std::ref(e), std::string("once"), std::ref(log));
        co_await checkpoint();
        e.set();
        e.set();
    });
    e.set();
    CHECK(log.text() == "once");
    CHECK(e.is_set());
}

TETHER_TEST_CASE("an event may go as soon as its waiters are woken") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto e = std::make_unique<event>();
        group.spawn(waiter, std::ref(*e), std::string("late"), std::ref(log));
        co_await checkpoint();
        e->set();
        e.reset();
    });
    CHECK(log.text() == "late");
}
