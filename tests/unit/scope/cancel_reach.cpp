// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// How far a cancel reaches: entry and exit of scopes, children, shields.
#include "cancel_test.hpp"

#include <vector>

using namespace tether_test;

TETHER_TEST_CASE("CA21 a cancelled scope whose body was not stopped has caught "
                 "nothing") {
    cancel_scope scope;
    bool const whole = co_await with_cancel_scope(scope, [&]() -> task<> {
        scope.cancel();
        co_return;
    });
    CHECK(whole);
    CHECK(scope.cancel_called());
    CHECK_FALSE(scope.cancelled_caught());
}

TETHER_TEST_CASE("CA22 a cancel of a scope that is left in time does not leak "
                 "out") {
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_return;
    });
    CHECK_FALSE(this_task::cancel_requested());
    stopwatch const watch;
    co_await sleep_for(1s);
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("CA23 a real error inside a cancelled scope comes out as it "
                 "is") {
    cancel_scope scope;
    auto const failing = [&]() -> task<> {
        co_await with_cancel_scope(scope, [&]() -> task<> {
            scope.cancel();
            throw std::runtime_error("real");
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "real");
    CHECK_FALSE(scope.cancelled_caught());
}

TETHER_TEST_CASE("CA24 cancelling what has ended does nothing") {
    cancel_scope scope;
    co_await with_cancel_scope(scope, []() -> task<> { co_return; });
    scope.cancel("too late");
    scope.shield(true);
    scope.cancel_soft(1s);
    CHECK_FALSE(scope.cancel_called());
    CHECK_FALSE(scope.reschedule(1s));
    CHECK(scope.reason().kind == cancel_kind::none);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([]() -> task<> { co_return; });
        co_await handle.wait();
        handle.cancel();
        CHECK(handle.status() == task_status::finished);
    });
    co_await checkpoint();
}

TEST_CASE("CA24 a scope may be cancelled after its loop has gone") {
    cancel_scope scope;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope(scope, []() -> task<> { co_return; });
    });
    scope.cancel();
    CHECK_FALSE(scope.cancel_called());
    CHECK(contains(scope.to_string(), "left"));
}

TETHER_TEST_CASE("CA25 cancelling the own scope takes effect at the next "
                 "checkpoint") {
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        log("still here");
        CHECK(this_task::cancel_requested());
        co_await checkpoint();
        log("unreachable");
    });
    CHECK(log.text() == "still here");
}

TETHER_TEST_CASE("CA26 a scope that was cancelled before runs its body up to "
                 "the first checkpoint") {
    event_log log;
    cancel_scope scope;
    scope.cancel("early");
    bool const whole = co_await with_cancel_scope(scope, [&]() -> task<> {
        log("begin");
        co_await checkpoint();
        log("unreachable");
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "begin");
    CHECK(scope.cancelled_caught());
    CHECK(scope.reason().text == "early");
}

TETHER_TEST_CASE("CA26 a child of a cancelled group runs up to its first "
                 "checkpoint") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        group.spawn([&]() -> task<> {
            log("begin");
            co_await checkpoint();
            log("unreachable");
        });
        co_return;
    });
    CHECK(log.text() == "begin");
}

TETHER_TEST_CASE("CA27 a cancel reaches children through all groups inside") {
    int stopped = 0;
    struct count {
        int& n;
        ~count() { ++n; }
    };
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group([&](task_group& a) -> task<> {
            a.spawn([&]() -> task<> {
                co_await with_task_group([&](task_group& b) -> task<> {
                    for (int i = 0; i < 3; ++i)
                        b.spawn([&]() -> task<> {
                            count const c{stopped};
                            co_await sleep_forever();
                        });
                    co_return;
                });
            });
            count const c{stopped};
            co_await sleep_forever();
        });
    });
    CHECK_FALSE(whole);
    CHECK(stopped == 4);
}

namespace {

task<> nest(int depth, event_log& log, int& ended) {
    struct count {
        int& n;
        ~count() { ++n; }
    } const c{ended};
    if (depth == 0) {
        exit_note const note(log, "innermost");
        co_await sleep_forever();
    }
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(nest, depth - 1, std::ref(log), std::ref(ended));
        co_return;
    });
}

} // namespace

TETHER_TEST_CASE("CA27 a tree a thousand groups deep is cancelled, inner "
                 "before outer") {
    event_log log;
    int ended = 0;
    bool const whole = co_await move_on_after(1s, nest(1000, log, ended));
    CHECK_FALSE(whole);
    CHECK(ended == 1001);
    CHECK(log.text() == "innermost");
}

TETHER_TEST_CASE("CA28 a cancel reaches children that are spawned after it") {
    stopwatch const watch;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            scope.cancel();
            group.spawn([]() -> task<> { co_await sleep_forever(); });
            co_return;
        });
    });
    CHECK(watch.elapsed() == 0s);
}

TETHER_TEST_CASE("CA29 children are cancelled while their host waits in a "
                 "shield") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            exit_note const note(log, "child");
            co_await sleep_forever();
        });
        co_await checkpoint();
        group.cancel();
        co_await shielded([&]() -> task<> {
            co_await sleep_for(1s);
            log("host");
        });
    });
    CHECK(log.text() == "child host");
}

TETHER_TEST_CASE("CA30 a cancelled sleep leaves no timer behind") {
    // The virtual clock would jump to a timer that stayed.
    stopwatch const watch;
    for (int i = 0; i < 100; ++i)
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([]() -> task<> { co_await sleep_for(1h); });
                co_await checkpoint();
                scope.cancel();
            });
        });
    co_await checkpoint();
    CHECK(watch.elapsed() == 0s);
    co_await sleep_for(2h);
    CHECK(watch.elapsed() == 2h);
}

TETHER_TEST_CASE("CA47 shielded cleanup of a cancelled task may open groups of "
                 "its own and spawn") {
    int done = 0;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).finally([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i < 3; ++i)
                    group.spawn([&]() -> task<> {
                        co_await sleep_for(1s);
                        ++done;
                    });
                co_return;
            });
        });
    });
    CHECK_FALSE(whole);
    CHECK(done == 3);
}

namespace {

// What a destructor may do while a stop destroys its frame.
struct busy_guard {
    task_group& group;
    event_log& log;
    ~busy_guard() {
        log(this_task::cancel_requested() ? "requested" : "not requested");
        log(this_task::cancel_reason().text);
        log(this_task::name());
        group.cancel("again");
        group.spawn(
            [](event_log& l) -> task<> {
                l("child runs to its first checkpoint");
                co_await checkpoint();
                l("unreachable");
            },
            std::ref(log));
        log(this_task::deadline() == cancel_scope::time_point::min() ? "over"
                                                                     : "");
    }
};

} // namespace

TETHER_TEST_CASE("CA41 destructors during a stop may ask this_task, cancel and "
                 "spawn") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("child"), [&]() -> task<> {
            busy_guard const guard{group, log};
            co_await sleep_forever();
        });
        co_await checkpoint();
        group.cancel("first");
    });
    CHECK(log.text() == "requested first child over child runs to its first "
                        "checkpoint");
}

TETHER_TEST_CASE("CA41 locals are destroyed in reverse order on the task's own "
                 "loop") {
    event_log log;
    struct located {
        event_log& l;
        char const* name;
        ~located() { l(this_task::name() + name); }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn(named("t"), [&]() -> task<> {
            located const a{log, "1"};
            located const b{log, "2"};
            co_await [&]() -> task<> {
                located const c{log, "3"};
                co_await sleep_forever();
            }();
        });
        co_await checkpoint();
        handle.cancel();
        CHECK(log.text().empty()); // nothing is destroyed inside cancel()
    });
    CHECK(log.text() == "t3 t2 t1");
}

TETHER_TEST_CASE("CA46 children end before their parent goes on") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        exit_note const parent(log, "parent");
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).finally([&]() -> task<> {
                    co_await sleep_for(2s);
                    log("child");
                });
            });
            co_return;
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "child parent");
}
