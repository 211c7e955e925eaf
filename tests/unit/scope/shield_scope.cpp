// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a shield holds off, for how long, and how it is switched.
#include "cancel_test.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <ctime>

using namespace tether_test;

namespace {

task<> sleep_forever_body() {
    co_await sleep_forever();
}

} // namespace

TETHER_TEST_CASE("SH01 a shield holds off cancels from outside, its own cancel "
                 "and deadline work") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await shielded([&]() -> task<> {
            co_await sleep_for(2s);
            log("finished");
        });
        co_await shielded([&](cancel_scope& shield) -> task<> {
            shield.cancel();
            co_await sleep_for(1s);
            log("unreachable");
        });
        log("not stopped between: leaving a shield is no checkpoint");
        co_await shielded([&](cancel_scope& shield) -> task<> {
            shield.reschedule(1s);
            co_await sleep_forever();
        });
    });
    CHECK_FALSE(whole);
    CHECK(contains(log.text(), "finished"));
    CHECK_FALSE(contains(log.text(), "unreachable"));
}

TETHER_TEST_CASE("SH02 the pending cancel comes at the next checkpoint after "
                 "the shield") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await shielded(sleep_for(2s));
        log("left the shield");
        co_await checkpoint();
        log("unreachable");
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "left the shield");
}

TETHER_TEST_CASE("SH03 a shield waits for its work, it never detaches it") {
    event_log log;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await shielded([&]() -> task<> {
            co_await sleep_for(3s);
            log("row written");
        });
    });
    log("caller goes on");
    CHECK(whole); // the work was done, and there was no checkpoint after it
    CHECK(log.text() == "row written caller goes on");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("SH04 a shield switched off with a cancel pending delivers it "
                 "at once") {
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.shield(true);
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await sleep_for(2s);
                    scope.shield(false);
                });
                co_await sleep_forever(); // is aborted
            });
        });
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("SH04 toggling reaches nested scopes and children, and stops "
                 "at an inner shield") {
    event_log log;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.shield(true);
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    exit_note const note(log, "child");
                    co_await with_cancel_scope(
                        []() -> task<> { co_await sleep_forever(); });
                });
                group.spawn([&]() -> task<> {
                    co_await shielded(sleep_for(5s));
                    log("inner shield");
                });
                co_await shielded([&]() -> task<> {
                    co_await sleep_for(2s);
                    scope.shield(false);
                    co_await sleep_for(1s);
                    scope.shield(true); // too late for who was stopped
                });
                log("host");
            });
        });
    });
    static_cast<void>(whole);
    CHECK(log.text() == "child host inner shield");
    CHECK(watch.elapsed() == 5s);
}

TETHER_TEST_CASE("SH04 a shield that is switched on in a cancelled scope lets "
                 "its content go on") {
    event_log log;
    cancel_scope outer;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        outer.cancel();
        co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
            inner.shield(true);
            co_await sleep_for(1s);
            log("shielded");
            inner.shield(false);
            co_await sleep_for(1s);
            log("unreachable");
        });
    });
    CHECK(log.text() == "shielded");
    CHECK(outer.cancelled_caught());
}

namespace {

struct toggle {
    cancel_scope& scope;
    bool on;
    ~toggle() { scope.shield(on); }
};

} // namespace

TETHER_TEST_CASE("SH05 shielding while a stop from outside is on its way does "
                 "not change who catches") {
    cancel_scope outer;
    cancel_scope inner;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        co_await with_cancel_scope(inner, [&]() -> task<> {
            outer.cancel();
            toggle const late{inner, true};
            co_await checkpoint();
        });
    });
    CHECK(outer.cancelled_caught());
    CHECK_FALSE(inner.cancelled_caught());
}

TETHER_TEST_CASE("SH05 unshielding while a stop from inside is on its way does "
                 "not change who catches") {
    cancel_scope outer;
    cancel_scope inner;
    inner.shield(true);
    event_log log;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        co_await with_cancel_scope(inner, [&]() -> task<> {
            outer.cancel();
            inner.cancel();
            toggle const late{inner, false};
            co_await checkpoint();
        });
        log("between");
        co_await checkpoint();
        log("unreachable");
    });
    CHECK(inner.cancelled_caught());
    CHECK(outer.cancelled_caught());
    CHECK(log.text() == "between");
}

TETHER_TEST_CASE("SH05 the same when another task unshields") {
    cancel_scope outer;
    cancel_scope inner;
    inner.shield(true);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await checkpoint();
            outer.cancel();
            inner.cancel(); // the waiting task stands in the ready queue now
            inner.shield(false);
        });
        co_await with_cancel_scope(outer, [&]() -> task<> {
            co_await with_cancel_scope(inner, sleep_forever_body);
            log("between");
            co_await checkpoint();
            log("unreachable");
        });
    });
    CHECK(inner.cancelled_caught());
    CHECK(outer.cancelled_caught());
    CHECK(log.text() == "between");
}

TETHER_TEST_CASE("SH06 an unshielded scope inside a shield does not see "
                 "cancels from beyond it") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await shielded([&]() -> task<> {
            co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
                co_await shielded([&]() -> task<> { co_await sleep_for(2s); });
                CHECK_FALSE(this_task::cancel_requested());
                co_await checkpoint();
                log("inner");
                static_cast<void>(inner);
            });
            co_await checkpoint();
            log("outer shield");
        });
        co_await checkpoint();
        log("unreachable");
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "inner outer shield");
}

TETHER_TEST_CASE("SH07 a shield entered in a cancelled scope works") {
    event_log log;
    stopwatch const watch;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await shielded([&]() -> task<> {
            co_await checkpoint();
            co_await sleep_for(1s);
            log("ran");
        });
        co_await checkpoint();
        log("unreachable");
    });
    CHECK(log.text() == "ran");
    CHECK(watch.elapsed() == 1s);
}

TEST_CASE("SH08 sleeping behind a shield in a cancelled scope costs no CPU") {
    std::clock_t used = 0;
    tether::run([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i < 100; ++i)
                group.spawn([]() -> task<> {
                    co_await checkpoint_if_cancelled();
                    co_await shielded(sleep_for(200ms));
                });
            co_await sleep_for(1ms);
            group.cancel();
            std::clock_t const before = std::clock();
            co_await shielded(sleep_for(180ms));
            used = std::clock() - before;
        });
    });
    CHECK(used < CLOCKS_PER_SEC / 10);
}

TETHER_TEST_CASE("SH09 children of a group inside the shield are shielded, "
                 "those of an outer group are not") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group([&](task_group& outer) -> task<> {
            co_await shielded([&]() -> task<> {
                outer.spawn([&]() -> task<> {
                    exit_note const note(log, "outer child stopped");
                    co_await sleep_for(2s);
                    log("unreachable");
                });
                co_await with_task_group([&](task_group& inner) -> task<> {
                    inner.spawn([&]() -> task<> {
                        co_await sleep_for(2s);
                        log("inner child finished");
                    });
                    co_return;
                });
            });
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "outer child stopped inner child finished");
}

TETHER_TEST_CASE("SH10 the grace of a shield counts from the outer cancel, not "
                 "from entry") {
    stopwatch const watch;
    bool const whole = co_await move_on_after(3s, [&]() -> task<> {
        co_await shielded(sleep_for(1h), {.grace = 5s});
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 8s);
}

TETHER_TEST_CASE("SH10 without an outer cancel the grace never begins") {
    stopwatch const watch;
    co_await shielded(sleep_for(1h), {.grace = 1s});
    CHECK(watch.elapsed() == 1h);
}

TETHER_TEST_CASE("SH10 an infinite grace is allowed, a negative one is not") {
    stopwatch const watch;
    using std::chrono::steady_clock;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await shielded(sleep_for(24h),
                          {.grace = steady_clock::duration::max()});
    });
    CHECK(whole);
    CHECK(watch.elapsed() == 24h);
    CHECK_THROWS_AS(shielded(sleep_forever(), {.grace = -1s}),
                    std::invalid_argument);
}

TEST_CASE("SH11 a run that is told to end honours shields until its grace is "
          "over") {
    virtual_clock clock;
    boost::asio::io_context io(1);
    cancel_reason why;
    std::chrono::steady_clock::duration took{};
    auto const main_task = [&]() -> task<> {
        auto const start = this_task::now();
        struct at_end {
            std::chrono::steady_clock::duration& took;
            std::chrono::steady_clock::time_point start;
            ~at_end() { took = this_task::now() - start; }
        } const end{took, start};
        boost::asio::post(io, [] { throw std::runtime_error("handler"); });
        co_await shielded(
            [&]() -> task<> {
                struct reader {
                    cancel_reason& why;
                    ~reader() { why = this_task::cancel_reason(); }
                } const read{why};
                co_await sleep_for(1h);
            },
            {.grace = std::chrono::steady_clock::duration::max()});
    };
    using body = tether::detail::body_for<decltype(main_task)>;
    CHECK_THROWS_WITH(
        tether::detail::run_body(io, body(std::in_place, main_task),
                                 std::source_location{}, true, &clock),
        "handler");
    CHECK(took == 10s);
    CHECK(why.kind == cancel_kind::grace_expired);
    CHECK(why.text == "runtime grace expired");
}

TETHER_TEST_CASE("SH12 no shield can be put around a spawned child: only the "
                 "body of a task may open one") {
    // What comes nearest, shielded(...) as the child's body, is cut at the
    // grace, and the owner's join waits for it.
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([]() -> task<> {
            co_await shielded(sleep_for(1h), {.grace = 2s});
        });
        co_await checkpoint();
        group.cancel();
    });
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("SH13 SH14 TG08 a dump says since when a shield holds off a "
                 "cancel, and who was cancelled and still waits") {
    std::string dump;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("writer"), []() -> task<> {
            co_await shielded(sleep_for(9s), {.grace = 1h});
        });
        group.spawn(named("observer"), [&]() -> task<> {
            co_await shielded([&]() -> task<> {
                co_await sleep_for(5s);
                dump = dump_tree();
            });
        });
        co_await checkpoint();
        group.cancel("enough");
    });
    CAPTURE(dump);
    CHECK(contains(dump, "shield, due in 3595 s"));
    CHECK(contains(dump, ", shielded, outer cancel pending 5 s ago"));
    CHECK(contains(dump, "cancelled 5 s ago (explicit_request: enough"));
    CHECK(contains(dump, "'writer'"));
    CHECK(contains(dump, "cancelled from outside 5 s ago, still waiting"));
    CHECK(contains(dump, "shield_scope.cpp:"));
}
