// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a cancel is, where it arrives, and what it cannot take away.
#include "cancel_test.hpp"

#include <ctime>
#include <memory>

using namespace tether_test;

TETHER_TEST_CASE("CA01 a cancel asks a scope; it stops the tasks inside it and "
                 "no others") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(2s);
            log("neighbour");
        });
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            group.spawn([&]() -> task<> { // not inside: spawned outwards
                co_await sleep_for(3s);
                log("spawned");
            });
            scope.cancel();
            exit_note const note(log, "stopped");
            co_await sleep_for(1s);
            log("unreachable");
        });
        log("after");
    });
    CHECK(log.text() == "stopped after neighbour spawned");
}

TETHER_TEST_CASE("CA02 every later checkpoint inside a cancelled scope stops "
                 "again") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([&]() -> task<> {
            exit_note const note(log, "body");
            co_await sleep_forever();
        })
            .on_cancel([&]() -> task<> {
                exit_note const note(log, "on_cancel");
                co_await sleep_for(1s);
                log("unreachable");
            })
            .finally([&]() -> task<> {
                exit_note const note(log, "finally");
                co_await checkpoint();
                log("unreachable");
            })
            .grace({0s}); // as if there were no shield
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "body on_cancel finally");
}

TETHER_TEST_CASE("CA02 an await after the one that saw the cancel stops too") {
    event_log log;
    slow_source source;
    source.answer = abort_result::pending;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await source.get(); // delivers in spite of the cancel
            log("value");
            exit_note const note(log, "stopped");
            co_await sleep_for(1s);
            log("unreachable");
        });
        co_await checkpoint();
        group.cancel();
        source.deliver(1);
    });
    CHECK(log.text() == "value stopped");
}

TEST_CASE("CA03 a pending stop costs no CPU") {
    auto const cpu_used = [] { return std::clock(); };
    std::clock_t used = 0;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await shielded([&]() -> task<> {
                scope.cancel();
                std::clock_t const before = cpu_used();
                co_await sleep_for(200ms);
                used = cpu_used() - before;
            });
        });
    });
    CHECK(used < CLOCKS_PER_SEC / 10);
}

TETHER_TEST_CASE("CA04 a cancel is never taken back, also not by a later "
                 "deadline") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        CHECK_FALSE(scope.reschedule(1h));
        CHECK(scope.cancel_called());
        co_await checkpoint();
        log("unreachable");
    });
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("CA05 code between checkpoints is never interrupted") {
    int steps = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await checkpoint();
        group.cancel();
        for (; steps < 1000; ++steps)
            co_await [&]() -> task<> { co_return; }(); // a call is none
        co_await checkpoint();
        steps = -1;
    });
    CHECK(steps == 1000);
}

TETHER_TEST_CASE("CA06 a stopped operation did not happen, a finished one "
                 "delivers and the stop comes later") {
    slow_source source;
    int got = 0;
    bool later = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            got = co_await source.get();
            co_await checkpoint();
            later = true;
        });
        co_await checkpoint();
        source.deliver(7);
        group.cancel();
    });
    CHECK(got == 7);
    CHECK_FALSE(later);
}

TETHER_TEST_CASE("CA07 a cancel does not take the result of a task that is "
                 "already scheduled") {
    slow_source source;
    int got = 0;
    auto const before = source.aborts;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle =
            group.spawn([&]() -> task<> { got = co_await source.get(); });
        co_await checkpoint();
        source.deliver(1);
        handle.cancel();
        co_await handle.wait();
        CHECK(handle.status() == task_status::finished);
    });
    CHECK(got == 1);
    CHECK(source.aborts == before);
}

TETHER_TEST_CASE("CA08 a wait is aborted once, however many scopes are "
                 "cancelled") {
    slow_source source;
    source.answer = abort_result::pending;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
                group.spawn([&]() -> task<> {
                    inner.cancel();
                    group.cancel();
                    group.scope().cancel();
                    CHECK(source.aborts == 1);
                    source.give_up();
                    co_return;
                });
                co_await source.get();
            });
        });
        co_return;
    });
    CHECK(source.starts == 1);
    CHECK(source.aborts == 1);
}

TETHER_TEST_CASE("CA09 after a pending abort the frame stays until the "
                 "operation has ended") {
    event_log log;
    slow_source source;
    source.answer = abort_result::pending;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            exit_note const note(log, "frame gone");
            co_await source.get();
        });
        co_await checkpoint();
        group.cancel();
        co_await shielded([&]() -> task<> {
            co_await sleep_for(1s);
            log("operation ends");
            source.give_up();
        });
    });
    CHECK(log.text() == "operation ends frame gone");
}

TETHER_TEST_CASE("CA10 after a pending abort a late value still wins") {
    slow_source source;
    source.answer = abort_result::pending;
    int got = 0;
    bool later = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            got = co_await source.get();
            co_await checkpoint();
            later = true;
        });
        co_await checkpoint();
        group.cancel();
        CHECK(source.aborts == 1);
        source.deliver(3);
    });
    CHECK(got == 3);
    CHECK_FALSE(later);
}

TETHER_TEST_CASE("CA12 an await of a primitive is a checkpoint also when it "
                 "could complete at once; a call of a task is none") {
    slow_source source;
    source.deliver(1);
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await []() -> task<> { co_return; }();
        log("after a call");
        co_await with_task_group([&](task_group&) -> task<> { co_return; });
        log("after a group");
        bool const whole =
            co_await move_on_after(1s, [&]() -> task<> { co_return; });
        CHECK(whole);
        log("after a deadline");
        co_await source.get();
        log("unreachable");
    });
    CHECK(log.text() == "after a call after a group after a deadline");
}

TETHER_TEST_CASE("CA12 immediate completions yield when the budget is used "
                 "up, so that others run") {
    slow_source source;
    source.deliver(1);
    int others = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                ++others;
                co_await checkpoint();
            }
        });
        for (int i = 0; i < 1000; ++i)
            co_await source.get();
        CHECK(others == 5);
    });
}

TETHER_TEST_CASE("CA13 checkpoint, checkpoint_if_cancelled and "
                 "cancel_shielded_checkpoint are separate") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            log("other");
            co_return;
        });
        co_await checkpoint_if_cancelled();
        log("no yield");
        co_await cancel_shielded_checkpoint();
        log("yielded");
        group.cancel();
        co_await cancel_shielded_checkpoint();
        log("not stopped");
        co_await checkpoint_if_cancelled();
        log("unreachable");
    });
    CHECK(log.text() == "no yield other yielded not stopped");
}

TETHER_TEST_CASE("CA13 a cancel that comes during a "
                 "cancel_shielded_checkpoint waits for the next checkpoint") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await cancel_shielded_checkpoint();
            log("passed");
            co_await checkpoint();
            log("unreachable");
        });
        co_await checkpoint();
        group.cancel();
    });
    CHECK(log.text() == "passed");
}

TETHER_TEST_CASE("CA14 an operation that throws need not be a checkpoint") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        auto const failing = []() -> task<> {
            throw std::runtime_error("failed");
            co_return;
        };
        auto const error = co_await error_of(failing);
        log(text_of<std::runtime_error>(error));
    });
    CHECK(log.text() == "failed");
}
