// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The life of a scope and its deadline: entry, moving it, what can be read.
#include "cancel_test.hpp"

#include <limits>
#include <ratio>

using namespace tether_test;

namespace {

task<> forever() {
    co_await sleep_forever();
}

} // namespace

TETHER_TEST_CASE("SC01 a scope is entered once") {
    cancel_scope scope;
    auto const enter = [&]() -> task<> {
        co_await with_cancel_scope(scope, []() -> task<> { co_return; });
    };
    auto const first = co_await error_of(enter);
    CHECK(first == nullptr);
    auto const second = co_await error_of(enter);
    CHECK(contains(text_of<std::logic_error>(second), "entered once"));
    co_await checkpoint(); // and nothing is broken
}

TETHER_TEST_CASE(
    "SC02 scopes nest by construction: an inner one is left before "
    "the outer") {
    cancel_scope outer;
    cancel_scope inner;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        co_await with_cancel_scope(inner, [&]() -> task<> {
            CHECK(contains(inner.to_string(), "active"));
            co_return;
        });
        CHECK(contains(inner.to_string(), "left"));
        CHECK(contains(outer.to_string(), "active"));
        outer.cancel();
        CHECK_FALSE(inner.cancel_called());
    });
    CHECK(contains(outer.to_string(), "left"));
}

TETHER_TEST_CASE("SC13 negative durations are refused") {
    CHECK_THROWS_AS(fail_after(-1s, sleep_forever()), std::invalid_argument);
    CHECK_THROWS_AS(move_on_after(-1ns, sleep_forever()),
                    std::invalid_argument);
    CHECK_THROWS_AS(sleep_for(-1ms), std::invalid_argument);
    using fractional = std::chrono::duration<double>;
    CHECK_THROWS_AS(
        sleep_for(fractional(std::numeric_limits<double>::quiet_NaN())),
        std::invalid_argument);
    cancel_scope scope;
    CHECK_THROWS_AS(scope.reschedule(-1s), std::invalid_argument);
    CHECK_THROWS_AS(scope.cancel_soft(-1s), std::invalid_argument);
    CHECK_FALSE(scope.cancel_called());
    co_return;
}

TETHER_TEST_CASE("SC14 SC35 without a limit nothing fires, and huge durations "
                 "do not wrap") {
    using days = std::chrono::duration<long long, std::ratio<86400>>;
    co_await fail_after(std::chrono::steady_clock::duration::max(),
                        [](cancel_scope& scope) -> task<> {
                            CHECK(scope.deadline() ==
                                  cancel_scope::time_point::max());
                            co_await sleep_for(24h);
                        });
    co_await fail_after(days(1'000'000'000'000), sleep_for(1h));
    co_await fail_after(std::chrono::hours::max(), sleep_for(1h));
    bool const ended =
        co_await move_on_at(cancel_scope::time_point::max(), sleep_for(1h));
    CHECK(ended);
}

TETHER_TEST_CASE("SC15 a relative deadline counts from entry") {
    cancel_scope scope;
    scope.reschedule(2s);
    auto deadline = fail_after(2s, sleep_for(1500ms));
    co_await sleep_for(1h);
    co_await std::move(deadline); // would be over long ago
    stopwatch const watch;
    bool const whole = co_await with_cancel_scope(scope, [&]() -> task<> {
        CHECK(this_task::remaining() == 2s);
        co_await sleep_forever();
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("SC16 a deadline can be read and moved while inside: earlier, "
                 "later, never") {
    stopwatch const watch;
    bool const later =
        co_await move_on_after(1s, [&](cancel_scope& scope) -> task<> {
            CHECK(scope.deadline() == this_task::now() + 1s);
            CHECK(scope.reschedule(5s));
            co_await sleep_for(4s);
        });
    CHECK(later);
    CHECK(watch.elapsed() == 4s);
    bool const earlier =
        co_await move_on_after(10s, [&](cancel_scope& scope) -> task<> {
            CHECK(scope.reschedule(this_task::now() + 1s));
            co_await sleep_for(4s);
        });
    CHECK_FALSE(earlier);
    CHECK(watch.elapsed() == 5s);
    bool const never =
        co_await move_on_after(1s, [&](cancel_scope& scope) -> task<> {
            CHECK(scope.reschedule(cancel_scope::time_point::max()));
            co_await sleep_for(4s);
        });
    CHECK(never);
    bool const past =
        co_await move_on_after(1s, [&](cancel_scope& scope) -> task<> {
            CHECK(scope.reschedule(this_task::now() - 1s));
            co_await sleep_for(4s);
        });
    CHECK_FALSE(past);
    CHECK(watch.elapsed() == 9s);
}

TETHER_TEST_CASE("SC17 moving a deadline that has passed is too late") {
    cancel_scope scope;
    scope.reschedule(1s);
    co_await with_cancel_scope(scope, [&]() -> task<> {
        co_await shielded(sleep_for(2s));
        CHECK(scope.cancel_called());
        CHECK_FALSE(scope.reschedule(1h));
        CHECK_FALSE(scope.reschedule(this_task::now() + 1h));
        co_await checkpoint();
    });
    CHECK(scope.cancelled_caught());
    CHECK_FALSE(scope.reschedule(1h));
}

TETHER_TEST_CASE("SC18 another task may move the deadline") {
    stopwatch const watch;
    cancel_scope scope;
    scope.reschedule(1h);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            CHECK(scope.reschedule(1s)); // from then on
        });
        co_await with_cancel_scope(scope, forever);
    });
    CHECK(scope.cancelled_caught());
    CHECK(scope.reason().kind == cancel_kind::deadline);
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("SC19 this_task::deadline is the earliest up to the nearest "
                 "shield") {
    auto const never = cancel_scope::time_point::max();
    CHECK(this_task::deadline() == never);
    auto const start = this_task::now();
    co_await fail_after(3s, [&]() -> task<> {
        co_await fail_after(5s, [&]() -> task<> {
            CHECK(this_task::deadline() == start + 3s);
            co_await shielded([&]() -> task<> {
                CHECK(this_task::deadline() == never);
                co_await fail_after(9s, [&]() -> task<> {
                    CHECK(this_task::deadline() == start + 9s);
                    co_return;
                });
            });
        });
    });
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        CHECK(this_task::deadline() == cancel_scope::time_point::min());
        co_return;
    });
}

TETHER_TEST_CASE("SC20 this_task::remaining is the budget left, for requests "
                 "that go out") {
    CHECK(this_task::remaining() == std::chrono::steady_clock::duration::max());
    co_await fail_after(3s, [&]() -> task<> {
        co_await sleep_for(1s);
        CHECK(this_task::remaining() == 2s);
        co_await shielded(sleep_for(5s));
        CHECK(this_task::remaining() == 0s);
        co_return;
    });
}

TETHER_TEST_CASE("SC21 a timeout inside the cleanup of a cancelled scope "
                 "works") {
    event_log log;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).finally([&]() -> task<> {
            bool const closed = co_await move_on_after(2s, sleep_for(1h));
            log(closed ? "closed" : "gave up closing");
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "gave up closing");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("SC26 SC43 the text of a scope tells its state and its "
                 "deadline relative to now") {
    cancel_scope scope;
    CHECK(scope.to_string() == "cancel scope, not entered");
    scope.reschedule(5s);
    co_await with_cancel_scope(scope, [&]() -> task<> {
        co_await sleep_for(2s);
        CHECK(scope.to_string() == "cancel scope, active, deadline in 3 s");
        scope.shield(true);
        CHECK(contains(scope.to_string(), ", shielded"));
        co_await shielded(sleep_for(4s));
        CHECK(contains(scope.to_string(), "stopping, deadline passed 1 s ago"));
        CHECK(contains(scope.to_string(), "cancelled (deadline"));
        co_await checkpoint();
    });
    CHECK(contains(scope.to_string(), "cancel scope, stopped"));
    cancel_scope plain;
    co_await with_cancel_scope(plain, []() -> task<> { co_return; });
    CHECK(plain.to_string() == "cancel scope, left");
}

TETHER_TEST_CASE("SC27 deadlines that are left in time leave nothing behind") {
    stopwatch const watch;
    for (int i = 0; i < 10'000; ++i)
        co_await fail_after(1h, []() -> task<> { co_return; });
    co_await checkpoint();
    CHECK(watch.elapsed() == 0s);
    co_await sleep_for(2h);
    CHECK(watch.elapsed() == 2h);
}

// SC44: deadlines are points of a clock that nobody can set.
static_assert(
    std::is_same_v<cancel_scope::time_point::clock, std::chrono::steady_clock>);
static_assert(cancel_scope::time_point::clock::is_steady);

TETHER_TEST_CASE("SC29 timers due at the same instant fire in the order in "
                 "which they were registered") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const until = this_task::now() + 1s;
        for (char const* name : {"a", "b", "c", "d", "e"})
            group.spawn([&log, name, until]() -> task<> {
                co_await sleep_until(until);
                log(name);
            });
        co_return;
    });
    CHECK(log.text() == "a b c d e");
}

TETHER_TEST_CASE("SC30 sleep_for, sleep_until and sleep_forever; the past is a "
                 "checkpoint") {
    stopwatch const watch;
    co_await sleep_for(1s);
    co_await sleep_until(this_task::now() + 1s);
    CHECK(watch.elapsed() == 2s);
    co_await sleep_until(this_task::now() - 1s);
    co_await sleep_for(0s);
    CHECK(watch.elapsed() == 2s);
    bool const whole = co_await move_on_after(1h, sleep_forever());
    CHECK_FALSE(whole);
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await sleep_until(this_task::now() - 1s);
        log("unreachable");
    });
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("SC38 fail_at and move_on_at take a point in time") {
    stopwatch const watch;
    auto const work = [&]() -> task<> {
        co_await fail_at(this_task::now() + 2s, "absolute", sleep_forever());
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error),
                   "deadline of 'absolute' exceeded"));
    CHECK(watch.elapsed() == 2s);
    bool const whole =
        co_await move_on_at(this_task::now() + 1s, sleep_forever());
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("SC39 the name of a deadline stands in its error") {
    auto const work = []() -> task<> {
        co_await fail_after(5s, "fetch page", sleep_forever());
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error),
                   "deadline 5 s of 'fetch page' exceeded"));
    try {
        std::rethrow_exception(error);
    } catch (timeout_error const& e) {
        CHECK(e.scope() == "fetch page");
        CHECK(e.duration() == std::optional<std::chrono::nanoseconds>(5s));
        CHECK(e == std::errc::timed_out);
    }
}

TETHER_TEST_CASE("SC40 the deadline of a shielded scope fires for its own "
                 "content") {
    stopwatch const watch;
    bool const whole =
        co_await move_on_after(1s, [&](cancel_scope& scope) -> task<> {
            scope.shield(true);
            co_await sleep_for(5s);
        });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("SC41 the scope of a group may have a deadline") {
    stopwatch const watch;
    auto const whole = co_await with_cancellable_task_group(
        [&](task_group& group) -> task<int> {
            group.scope().reschedule(1s);
            group.spawn([]() -> task<> { co_await sleep_forever(); });
            co_await sleep_forever();
            co_return 1;
        });
    CHECK_FALSE(whole.has_value());
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("SC42 a scope may be cancelled or given a deadline before it "
                 "is entered") {
    cancel_scope by_time;
    CHECK(by_time.reschedule(1s));
    CHECK(by_time.reschedule(this_task::now() + 3s)); // the last one holds
    stopwatch const watch;
    co_await with_cancel_scope(by_time, forever);
    CHECK(watch.elapsed() == 3s);

    cancel_scope by_hand;
    by_hand.cancel("before");
    CHECK(by_hand.cancel_called());
    CHECK_FALSE(by_hand.reschedule(1s));
    bool const whole = co_await with_cancel_scope(by_hand, forever);
    CHECK_FALSE(whole);
    CHECK(by_hand.reason().text == "before");

    cancel_scope never_entered;
    never_entered.cancel();
    CHECK_FALSE(this_task::cancel_requested());
}
