// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "combine_test.hpp"

#include <tether/sync.hpp>

#include <type_traits>
#include <variant>

using namespace tether;
using namespace tether_test;

namespace {

task<int> after_event(event& e, int v) {
    co_await e.wait();
    co_return v;
}
task<int> fail_after_event(event& e, std::string what) {
    co_await e.wait();
    throw std::runtime_error(what);
}
// Sets both events in one turn.
task<int> set_both(event& first, event& second, ms after) {
    co_await sleep_for(after);
    first.set();
    second.set();
    co_await sleep_forever();
    co_return -1;
}
template<class Op>
task<std::string> thrown_by(Op op) {
    try {
        static_cast<void>(co_await std::move(op));
    } catch (std::exception const& e) {
        co_return e.what();
    }
    co_return "nothing";
}

} // namespace

TETHER_TEST_CASE("TG51 race gives the first end and joins the others") {
    event_log log;
    stopwatch watch;
    int const first = co_await race(
        logged(log, "a", 30ms), logged(log, "b", 10ms), logged(log, "c", 20ms));
    CHECK(first == 10);
    CHECK(log.text() == "b a! c!");
    CHECK(watch.elapsed() == 10ms);
}

TETHER_TEST_CASE("TG51 an error that comes first is thrown as it is") {
    event_log log;
    auto const text = co_await thrown_by(
        race(logged(log, "a", 30ms), failure("first", 10ms)));
    CHECK(text == "first");
    CHECK(log.text() == "a!");
}

TETHER_TEST_CASE("TG51 legs of different types give a variant, one alternative "
                 "for each leg") {
    auto won =
        co_await race(value(1, 5ms), sleep_for(1ms), failure("never", 9ms));
    static_assert(
        std::is_same_v<decltype(won), std::variant<int, std::monostate, int>>);
    CHECK(won.index() == 1);
    static_assert(
        std::is_void_v<
            await_result_t<decltype(race(sleep_for(1ms), sleep_for(1ms)))>>);
    stopwatch watch;
    co_await race(sleep_for(3ms), sleep_for(1ms));
    CHECK(watch.elapsed() == 1ms);
}

TETHER_TEST_CASE("TG51 errors of losers go to the sink, or nowhere") {
    auto bad_loser = []() -> task<int> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).on_cancel([]() -> task<> {
            throw std::runtime_error("loser");
            co_return;
        });
        co_return 0;
    };
    unhandled_log unhandled;
    int won = co_await race(bad_loser(), value(1, 1ms));
    CHECK(won == 1);
    CHECK(unhandled.texts.size() == 1);
    won =
        co_await race(bad_loser(), value(2, 1ms)).losers(loser_errors::ignore);
    CHECK(won == 2);
    CHECK(unhandled.texts.size() == 1);
    auto const text =
        co_await thrown_by(race(bad_loser(), failure("winner", 1ms)));
    CHECK(text == "winner");
    CHECK(unhandled.texts.size() == 2);
}

TETHER_TEST_CASE(
    "TG51 a leg that ends at once decides before the next starts") {
    bool started = false;
    auto later = [&]() -> task<int> {
        started = true;
        co_return 2;
    };
    int const won = co_await race(at_once(1), later());
    CHECK(won == 1);
    CHECK_FALSE(started);
}

TETHER_TEST_CASE("TG51 a race of a range, and of nothing") {
    std::vector<task<int>> legs;
    for (int i = 0; i != 4; ++i)
        legs.push_back(value(i, ms(10 - i)));
    int const won = co_await race(std::move(legs));
    CHECK(won == 3);
    CHECK_THROWS_AS(race(std::vector<task<int>>()), std::invalid_argument);
    CHECK_THROWS_WITH(any_success(std::vector<task<int>>()),
                      contains_text("any_success: the range is empty"));
}

TETHER_TEST_CASE("TG52 of two that end in the same turn the leftmost wins") {
    event a;
    event b;
    std::vector<int> undelivered;
    auto take = [&](int v) { undelivered.push_back(v); };
    int won =
        co_await race(after_event(a, 1), after_event(b, 2), set_both(b, a, 1ms))
            .on_undelivered(take);
    CHECK(won == 1);
    CHECK(undelivered == std::vector{2});

    event c;
    event d;
    std::vector<task<int>> legs;
    legs.push_back(after_event(c, 1));
    legs.push_back(after_event(d, 2));
    legs.push_back(set_both(d, c, 1ms));
    won = co_await race(std::move(legs)).on_undelivered(take);
    CHECK(won == 1);
    CHECK(undelivered == std::vector{2, 2});

    event e;
    event f;
    unhandled_log unhandled;
    auto const text = co_await thrown_by(race(fail_after_event(e, "left"),
                                              fail_after_event(f, "right"),
                                              set_both(f, e, 1ms)));
    CHECK(text == "left");
    CHECK(unhandled.texts == strings{"right"});
}

TETHER_TEST_CASE("TG52 a loser that gives a value later is no tie") {
    event go;
    std::vector<int> undelivered;
    auto take = [&](int v) { undelivered.push_back(v); };
    // Runnable when the race is decided, but then it waits once more.
    auto slow = [&]() -> task<int> {
        co_await go.wait();
        co_return co_await shielded(value(1, 5ms));
    };
    auto quick = [&]() -> task<int> {
        co_await sleep_for(1ms);
        go.set();
        co_return 2;
    };
    int const won = co_await race(slow(), quick()).on_undelivered(take);
    CHECK(won == 2);
    CHECK(undelivered == std::vector{1});
}

TETHER_TEST_CASE("a race that is stopped from outside passes the stop on, "
                 "unless a leg ended all the same") {
    event_log log;
    bool ended = co_await move_on_after(5ms, [&]() -> task<> {
        co_await race(logged(log, "a", 10ms), logged(log, "b", 20ms));
        log("after");
    });
    CHECK_FALSE(ended);
    CHECK(log.text() == "a! b!");
    int got = 0;
    ended = co_await move_on_after(5ms, [&]() -> task<> {
        got = co_await race(shielded(value(3, 8ms)), value(1, 20ms));
    });
    CHECK(ended);
    CHECK(got == 3);
}

TETHER_TEST_CASE("any_success gives the first value and survives errors "
                 "before it") {
    event_log log;
    int const won = co_await any_success(
        failure("early", 1ms), logged(log, "b", 5ms), logged(log, "c", 9ms));
    CHECK(won == 5);
    CHECK(log.text() == "b c!");

    unhandled_log unhandled;
    auto const reported =
        co_await any_success(failure("told", 1ms), value(1, 2ms))
            .losers(loser_errors::report);
    CHECK(reported == 1);
    CHECK(unhandled.texts == strings{"told"});
}

TETHER_TEST_CASE("any_success throws all errors when nobody succeeds") {
    auto const errors = co_await errors_of(
        any_success(failure("c", 3ms), failure("a", 1ms), failure("b", 2ms)));
    CHECK(errors == strings{"leg 1: a *", "leg 2: b", "leg 0: c"});
    std::vector<task<int>> legs;
    legs.push_back(failure("x", 1ms));
    auto const of_range = co_await errors_of(any_success(std::move(legs)));
    CHECK(of_range == strings{"leg 0: x *"});
}

TETHER_TEST_CASE("any_success that is stopped undecided passes the stop on") {
    bool after = false;
    bool const ended = co_await move_on_after(5ms, [&]() -> task<> {
        co_await any_success(failure("a", 1ms), value(1, 9ms));
        after = true;
    });
    CHECK_FALSE(ended);
    CHECK_FALSE(after);
}

TETHER_TEST_CASE("TG53 hedge starts the next attempt after the delay") {
    event_log log;
    stopwatch watch;
    int const won =
        co_await hedge(10ms, logged(log, "a", 100ms), logged(log, "b", 15ms),
                       logged(log, "c", 100ms));
    CHECK(won == 15);
    CHECK(watch.elapsed() == 25ms); // b began at 10, c at 20
    CHECK(log.text() == "b a! c!");
}

TETHER_TEST_CASE("TG53 hedge starts the next attempt at once after a failure") {
    stopwatch watch;
    int const won = co_await hedge(50ms, failure("a", 5ms), failure("b", 5ms),
                                   value(3, 5ms));
    CHECK(won == 3);
    CHECK(watch.elapsed() == 15ms);
    int const quick = co_await hedge(50ms, value(1, 5ms), value(2, 1ms));
    CHECK(quick == 1); // the second did not start
    CHECK(watch.elapsed() == 20ms);
}

TETHER_TEST_CASE("TG53 the delay counts from the start of the last attempt") {
    stopwatch watch;
    // a fails at 5, b starts there; c starts at 15 and wins at 16.
    int const won =
        co_await hedge(10ms, failure("a", 5ms), value(2, 90ms), value(3, 1ms));
    CHECK(won == 3);
    CHECK(watch.elapsed() == 16ms);
}

TETHER_TEST_CASE("TG53 a hedge without success gives all errors in the order "
                 "of the attempts") {
    auto const errors = co_await errors_of(
        hedge(1ms, failure("a", 9ms), failure("b", 2ms), failure("c", 2ms)));
    REQUIRE(errors.size() == 3);
    CHECK(errors[0] == "leg 0: a *");
    CHECK(errors[1] == "leg 1: b");
    CHECK(errors[2] == "leg 2: c");
}

TETHER_TEST_CASE("TG53 hedge of a range, of one attempt, without delay, of "
                 "nothing") {
    std::vector<task<int>> attempts;
    attempts.push_back(value(1, 9ms));
    attempts.push_back(value(2, 1ms));
    int won = co_await hedge(2ms, std::move(attempts));
    CHECK(won == 2);
    won = co_await hedge(2ms, value(7, 5ms));
    CHECK(won == 7);
    won = co_await hedge(0ms, value(1, 5ms), value(2, 3ms), value(3, 4ms));
    CHECK(won == 2);
    CHECK_THROWS_AS(hedge(1ms, std::vector<task<int>>()),
                    std::invalid_argument);
    CHECK_THROWS_AS(hedge(-1ms, at_once(1)), std::invalid_argument);
}

TETHER_TEST_CASE("TG53 a stopped hedge starts nothing more") {
    event_log log;
    bool const ended = co_await move_on_after(15ms, [&]() -> task<> {
        co_await hedge(10ms, logged(log, "a", 99ms), logged(log, "b", 99ms),
                       logged(log, "c", 99ms));
    });
    CHECK_FALSE(ended);
    co_await sleep_for(50ms);
    CHECK(log.text() == "a! b!");
}

TETHER_TEST_CASE(
    "TG53 an attempt whose turn has come when the hedge is stopped "
    "is destroyed unstarted") {
    // Both timers expire in one pass: first the delay, then the deadline.
    bool started = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto first = [&]() -> task<> {
                scope.reschedule(5ms);
                co_await sleep_forever();
            };
            auto second = [&]() -> task<> {
                started = true;
                co_await sleep_forever();
            };
            co_await hedge(5ms, first(), second());
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(started);
}

TETHER_TEST_CASE("TG54 quorum ends with enough values, in the order of the "
                 "legs") {
    event_log log;
    stopwatch watch;
    auto two = co_await quorum(2, logged(log, "a", 20ms), failure("b", 1ms),
                               logged(log, "c", 10ms), logged(log, "d", 90ms));
    CHECK(two == std::vector{20, 10});
    CHECK(watch.elapsed() == 20ms);
    CHECK(log.text() == "c a d!");
    std::vector<task<int>> legs;
    for (int i = 1; i != 5; ++i)
        legs.push_back(value(i, ms(i)));
    auto three = co_await quorum(3, std::move(legs));
    CHECK(three == std::vector{1, 2, 3});
}

TETHER_TEST_CASE("TG54 quorum fails as soon as it is out of reach") {
    event_log log;
    stopwatch watch;
    auto const errors = co_await errors_of(quorum(
        2, failure("a", 1ms), logged(log, "b", 90ms), failure("c", 5ms)));
    CHECK(errors == strings{"leg 0: a *", "leg 2: c"});
    CHECK(watch.elapsed() == 5ms);
    CHECK(log.text() == "b!");
}

TETHER_TEST_CASE("TG54 a quorum of none, of all, and of too many") {
    bool ran = false;
    auto leg = [&]() -> task<int> {
        ran = true;
        co_return 1;
    };
    auto none = co_await quorum(0, leg(), leg());
    CHECK(none.empty());
    CHECK_FALSE(ran);
    auto all = co_await quorum(2, value(1, 2ms), value(2, 1ms));
    CHECK(all == std::vector{1, 2});
    CHECK_THROWS_AS(quorum(3, at_once(1), at_once(2)), std::invalid_argument);
    CHECK_THROWS_WITH(quorum(1, std::vector<task<int>>()),
                      contains_text("1 values of 0 legs"));
    auto empty = co_await quorum(0, std::vector<task<int>>());
    CHECK(empty.empty());
    stopwatch watch;
    co_await quorum(1, sleep_for(3ms), sleep_for(1ms));
    CHECK(watch.elapsed() == 1ms);
}

TETHER_TEST_CASE("TG52 TG54 values beyond the quorum are not lost") {
    event go;
    std::vector<int> undelivered;
    auto take = [&](int v) { undelivered.push_back(v); };
    auto setter = [&]() -> task<int> {
        co_await sleep_for(1ms);
        go.set();
        co_await sleep_forever();
        co_return 0;
    };
    auto one = co_await quorum(1, after_event(go, 1), after_event(go, 2),
                               after_event(go, 3), setter())
                   .on_undelivered(take);
    CHECK(one == std::vector{1});
    CHECK(undelivered == std::vector{2, 3});
}

TETHER_TEST_CASE("a leg of a range that fails before the others have started "
                 "leaves them their chance") {
    auto fails_at_once = []() -> task<int> {
        throw std::runtime_error("at once");
        co_return 0;
    };
    auto legs = [&]() {
        std::vector<task<int>> all;
        all.push_back(fails_at_once());
        all.push_back(value(2, 2ms));
        all.push_back(value(3, 3ms));
        return all;
    };
    int won = co_await any_success(legs());
    CHECK(won == 2);
    won = co_await hedge(9ms, legs());
    CHECK(won == 2);
    auto both = co_await quorum(2, legs());
    CHECK(both == std::vector{2, 3});
    auto const errors = co_await errors_of(quorum(3, legs()));
    CHECK(errors == strings{"leg 0: at once *"});
}
