// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Soft cancel: who is asked to end ends, who is busy goes on, until the grace
// is over.
#include "cancel_test.hpp"

using namespace tether_test;

TETHER_TEST_CASE("CA37 a soft cancel sets a flag and ends the waits that take "
                 "part, busy work goes on") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { // idle: waits for a request
            bool const request = co_await soft_cancellable(sleep_forever());
            log(request ? "request" : "idle task ends");
        });
        group.spawn([&]() -> task<> { // busy: answers one
            co_await sleep_for(2s);
            log(this_task::cancel_requested() ? "busy task knows"
                                              : "busy task does not know");
        });
        co_await sleep_for(1s);
        group.scope().cancel_soft(1h);
    });
    CHECK(log.text() == "idle task ends busy task knows");
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("CA37 a value that came before the soft cancel is delivered") {
    slow_source source;
    std::optional<int> got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            [&]() -> task<> { got = co_await soft_cancellable(source.get()); });
        co_await checkpoint();
        source.deliver(5);
        group.scope().cancel_soft(1h);
    });
    CHECK(got == 5);
}

TETHER_TEST_CASE("CA37 work entered after the soft cancel ends at its first "
                 "checkpoint") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel_soft(1h);
        bool const whole = co_await soft_cancellable([&]() -> task<> {
            log("begin");
            co_await checkpoint();
            log("unreachable");
        });
        log(whole ? "whole" : "ended");
        co_await checkpoint();
        log("after");
    });
    CHECK(log.text() == "begin ended after");
}

TETHER_TEST_CASE("CA38 after the grace a soft cancel becomes a hard one") {
    stopwatch const watch;
    cancel_scope scope;
    co_await with_cancel_scope(scope, [&]() -> task<> {
        scope.cancel_soft(3s, "restart");
        CHECK(this_task::cancel_reason().text == "restart");
        co_await sleep_for(1h);
    });
    CHECK(watch.elapsed() == 3s);
    CHECK(scope.cancelled_caught());
    CHECK(scope.reason().kind == cancel_kind::grace_expired);
}

TETHER_TEST_CASE("CA38 moving the deadline does not take the grace away") {
    stopwatch const watch;
    cancel_scope scope;
    co_await with_cancel_scope(scope, [&]() -> task<> {
        scope.cancel_soft(3s);
        CHECK(scope.reschedule(1h));
        co_await sleep_forever();
    });
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("CA38 a scope softly cancelled before it is entered counts "
                 "its grace from entry") {
    cancel_scope scope;
    scope.cancel_soft(2s, "early");
    co_await sleep_for(1h);
    stopwatch const watch;
    co_await with_cancel_scope(scope, [&]() -> task<> {
        CHECK(this_task::cancel_requested());
        CHECK(this_task::cancel_reason().text == "early");
        co_await sleep_forever();
    });
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("CA39 a soft cancel is inherited") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await with_task_group([&](task_group& inner) -> task<> {
                    inner.spawn([&]() -> task<> {
                        bool const whole =
                            co_await soft_cancellable(sleep_forever());
                        log(whole ? "whole" : "grandchild ends");
                    });
                    co_return;
                });
            });
            co_await sleep_for(1s);
            scope.cancel_soft(1h);
            group.spawn([&]() -> task<> { // spawned after it
                log(this_task::cancel_requested() ? "late child knows" : "no");
                co_return;
            });
        });
    });
    CHECK(log.text() == "grandchild ends late child knows");
}

TETHER_TEST_CASE("CA39 a soft cancel is shielded apart from a hard one") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel_soft(1h);
        co_await shielded([&]() -> task<> { // only the hard one is held off
            log(this_task::cancel_requested() ? "asked" : "not asked");
            co_return;
        });
        co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
            inner.shield_soft(true);
            log(this_task::cancel_requested() ? "asked" : "not asked");
            CHECK(this_task::cancel_reason().kind == cancel_kind::none);
            bool const whole = co_await soft_cancellable(sleep_for(1s));
            log(whole ? "whole" : "ended");
            scope.cancel(); // the hard one passes
            co_await checkpoint();
            log("unreachable");
        });
    });
    CHECK(log.text() == "asked not asked whole");
}

TETHER_TEST_CASE("CA39 lifting the soft shield delivers what is pending") {
    event_log log;
    stopwatch const watch;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            cancel_scope held;
            held.shield_soft(true);
            group.spawn([&]() -> task<> {
                scope.cancel_soft(1h);
                co_await sleep_for(2s);
                held.shield_soft(false);
            });
            co_await with_cancel_scope(held, [&]() -> task<> {
                bool const whole = co_await soft_cancellable(sleep_forever());
                log(whole ? "whole" : "ended");
            });
        });
    });
    CHECK(log.text() == "ended");
    CHECK(watch.elapsed() == 2s);
}

#if defined(__cpp_lib_jthread) // libc++ 19 has it as an experiment
TETHER_TEST_CASE("CA40 stop_token is requested by a soft and by a hard "
                 "cancel") {
    for (int const how : {1, 2, 3}) {
        int before = 0;
        int after = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto child = [&]() -> task<> {
                auto const token = this_task::stop_token();
                before += token.stop_requested();
                co_await shielded(sleep_for(2s));
                after += token.stop_requested();
            };
            group.spawn(child);
            group.spawn(child);
            co_await sleep_for(1s);
            if ((how & 1) != 0)
                group.scope().cancel_soft(1h);
            if ((how & 2) != 0)
                group.cancel();
        });
        CHECK(before == 0);
        CHECK(after == 2);
    }
}
#endif
