// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "combine_test.hpp"

#include <tether/core/collapse.hpp>
#include <tether/sync.hpp>

#include <ranges>
#include <tuple>
#include <type_traits>

using namespace tether;
using namespace tether_test;

TETHER_TEST_CASE("TG46 when_all gives a tuple in the order of the arguments") {
    stopwatch watch;
    event_log log;
    auto all = co_await when_all(logged(log, "slow", 30ms), sleep_for(10ms),
                                 logged(log, "quick", 20ms));
    static_assert(
        std::is_same_v<decltype(all), std::tuple<int, std::monostate, int>>);
    CHECK(std::get<0>(all) == 30);
    CHECK(std::get<2>(all) == 20);
    CHECK(log.text() == "quick slow");
    CHECK(watch.elapsed() == 30ms); // the longest, not the sum
}

TETHER_TEST_CASE("TG46 references, move-only values and single legs") {
    int number = 1;
    auto reference = [&]() -> task<int&> { co_return number; };
    auto pointer = []() -> task<std::unique_ptr<int>> {
        co_await checkpoint();
        co_return std::make_unique<int>(5);
    };
    auto all = co_await when_all(reference(), pointer());
    static_assert(
        std::is_same_v<decltype(all), std::tuple<int&, std::unique_ptr<int>>>);
    CHECK(&std::get<0>(all) == &number);
    CHECK(*std::get<1>(all) == 5);
    auto one = co_await when_all(at_once(3));
    CHECK(std::get<0>(one) == 3);
    auto none = co_await when_all();
    CHECK(std::tuple_size_v<decltype(none)> == 0);
}

TETHER_TEST_CASE("TG46 a range gives a vector in its order") {
    std::vector<task<int>> legs;
    for (int i = 0; i != 5; ++i)
        legs.push_back(value(i, ms(50 - 10 * i)));
    auto all = co_await when_all(std::move(legs));
    CHECK(all == std::vector{0, 1, 2, 3, 4});

    auto lazily = std::views::iota(0, 4) | std::views::transform([](int i) {
                      return value(i * i, ms(4 - i));
                  });
    auto squares = co_await when_all(lazily);
    CHECK(squares == std::vector{0, 1, 4, 9});

    auto empty = co_await when_all(std::vector<task<int>>());
    CHECK(empty.empty());

    std::vector<task<>> waits;
    waits.push_back([]() -> task<> { co_await sleep_for(1ms); }());
    static_assert(
        std::is_void_v<await_result_t<decltype(when_all(std::move(waits)))>>);
    stopwatch watch;
    co_await when_all(std::move(waits));
    CHECK(watch.elapsed() == 1ms);
}

TETHER_TEST_CASE("TG47 the first failure stops the others, which have ended "
                 "when it is thrown") {
    event_log log;
    stopwatch watch;
    auto work = when_all(logged(log, "a", 10ms), failure("no", 20ms),
                         logged(log, "c", 30ms), logged(log, "d", 99ms));
    auto const errors = co_await errors_of(std::move(work));
    CHECK(errors == strings{"leg 1: no *"});
    CHECK(watch.elapsed() == 20ms);
    CHECK(log.text() == "a c! d!");
    co_await sleep_for(200ms);
    CHECK(log.text() == "a c! d!"); // nobody runs on
}

TETHER_TEST_CASE("TG47 all errors are in the group, in the order in which they "
                 "happened") {
    event both;
    auto fail = [&](std::string what) -> task<> {
        co_await both.wait();
        throw std::runtime_error(what);
    };
    auto fail_in_cleanup = [&]() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).on_cancel([]() -> task<> {
            co_await sleep_for(5ms);
            throw std::runtime_error("cleanup");
        });
    };
    auto setter = [&]() -> task<> {
        co_await sleep_for(1ms);
        both.set();
    };
    auto const errors = co_await errors_of(
        when_all(fail_in_cleanup(), fail("b"), setter(), fail("d")));
    REQUIRE(errors.size() == 3);
    CHECK(errors[0] == "leg 1: b *");
    CHECK(errors[1] == "leg 3: d");
    CHECK(errors[2].starts_with("leg 0: "));
}

TETHER_TEST_CASE("TG47 a failure before the first wait keeps later legs from "
                 "starting") {
    bool started = false;
    auto fail = []() -> task<> {
        throw std::runtime_error("early");
        co_return;
    };
    auto later = [](bool& flag) -> task<> {
        flag = true;
        co_return;
    };
    auto const errors =
        co_await errors_of(when_all(fail(), later(started), later(started)));
    CHECK(errors == strings{"leg 0: early *"});
    CHECK_FALSE(started);
}

TETHER_TEST_CASE("TG47 an empty task is an error of its leg") {
    task<int> used = at_once(1);
    task<int> const owner = std::move(used);
    auto const errors = co_await errors_of(
        when_all(at_once(2), std::move(used))); // NOLINT: moved from on purpose
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], contains_text("leg 1: a leg is an empty task"));
}

TETHER_TEST_CASE("TG47 collapse unwraps a single error of when_all") {
    std::string text;
    try {
        try {
            co_await when_all(failure("alone", 1ms), value(1, 5ms));
        } catch (exception_group const& group) {
            collapse(group).rethrow();
        }
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    CHECK(text == "alone");
}

TETHER_TEST_CASE("a stop from outside stops the legs, and passes on when they "
                 "have ended") {
    event_log log;
    bool after = false;
    auto cleaning = [&]() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).on_cancel([&]() -> task<> {
            co_await sleep_for(5ms);
            log("cleaned");
        });
    };
    stopwatch watch;
    bool const ended = co_await move_on_after(10ms, [&]() -> task<> {
        exit_note const left(log, "left");
        co_await when_all(cleaning(), logged(log, "b", 50ms));
        after = true;
    });
    CHECK_FALSE(ended);
    CHECK_FALSE(after);
    CHECK(log.text() == "b! cleaned left");
    CHECK(watch.elapsed() == 15ms);
}

TETHER_TEST_CASE("errors win over a stop from outside") {
    auto failing = []() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).on_cancel([]() -> task<> {
            throw std::runtime_error("in cleanup");
            co_return;
        });
    };
    std::size_t count = 0;
    try {
        co_await move_on_after(1ms, [&]() -> task<> {
            co_await when_all(failing(), value(1, 9ms));
        });
    } catch (exception_group const& group) {
        count = group.size();
    }
    CHECK(count == 1);
}

TETHER_TEST_CASE("values that all legs produced in spite of a stop are "
                 "returned") {
    int sum = 0;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto quick = [&]() -> task<int> {
                scope.cancel();
                co_return 1;
            };
            auto shelter = []() -> task<int> {
                co_return co_await shielded(value(2, 3ms));
            };
            auto all = co_await when_all(shelter(), quick());
            sum = std::get<0>(all) + std::get<1>(all);
            co_await checkpoint();
            sum = -1;
        });
    CHECK_FALSE(ended);
    CHECK(sum == 3);
}

TETHER_TEST_CASE("legs of a combinator that is cancelled already are destroyed "
                 "unstarted") {
    int live = 0;
    bool ran = false;
    auto leg = [](counted const&, bool& flag) -> task<> {
        flag = true;
        co_return;
    };
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await when_all(leg(counted(live, 1), ran),
                              leg(counted(live, 2), ran));
            ran = true;
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(ran);
    CHECK(live == 0);

    std::vector<task<>> legs;
    legs.push_back([](bool& flag) -> task<> {
        flag = true;
        co_return;
    }(ran));
    bool const of_range =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await when_all(std::move(legs));
            ran = true;
        });
    CHECK_FALSE(of_range);
    CHECK_FALSE(ran);
}

TETHER_TEST_CASE("when_all is transparent: without waiting legs it neither "
                 "yields nor stops") {
    bool other_ran = false;
    bool reached = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        for (int i = 0; i != 1000; ++i)
            co_await when_all(at_once(1), at_once(2));
        CHECK_FALSE(other_ran);
    });
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        auto cancels = [&]() -> task<int> {
            scope.cancel();
            co_return 1;
        };
        co_await when_all(at_once(1), cancels());
        reached = true; // transparent on exit
    });
    CHECK(reached);
}

TETHER_TEST_CASE(
    "TG52 values of a failed when_all go to on_undelivered, or are "
    "destroyed") {
    int live = 0;
    auto make = [&](int v, ms after) -> task<counted> {
        co_await sleep_for(after);
        co_return counted(live, v);
    };
    std::vector<int> seen;
    auto take = [&](auto&& v) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v)>, counted>)
            seen.push_back(v.get());
    };
    auto errors = co_await errors_of(
        when_all(make(1, 1ms), failure("x", 5ms), make(3, 2ms), make(4, 9ms)));
    CHECK(errors.size() == 1);
    CHECK(live == 0);
    errors = co_await errors_of(
        when_all(make(1, 1ms), failure("x", 5ms), make(3, 2ms), make(4, 9ms))
            .on_undelivered(take));
    CHECK(errors.size() == 1);
    CHECK(seen == std::vector{1, 3});
    CHECK(live == 0);
    bool const ended = co_await move_on_after(5ms, [&]() -> task<> {
        co_await when_all(make(7, 1ms), make(8, 10ms)).on_undelivered(take);
    });
    CHECK_FALSE(ended);
    CHECK(seen == std::vector{1, 3, 7});
    {
        auto kept =
            co_await when_all(make(1, 1ms), make(2, 1ms)).on_undelivered(take);
        CHECK(live == 2);
        CHECK(std::get<1>(kept).get() == 2);
    }
    CHECK(seen.size() == 3);
    CHECK(live == 0);
}

TETHER_TEST_CASE("a permit that a leg acquired before its sibling failed comes "
                 "back") {
    semaphore slots(2);
    auto const errors =
        co_await errors_of(when_all(slots.acquire(), failure("x", 1ms)));
    CHECK(errors.size() == 1);
    CHECK(slots.statistics().available == 2);

    // Handed over in the turn in which the race is decided.
    auto both = slots.try_acquire(2);
    auto decide = [&]() -> task<permit> {
        co_await sleep_for(1ms);
        both->release();
        co_return permit();
    };
    {
        permit const won = co_await race(decide(), slots.acquire());
        CHECK(won.count() == 0);
        CHECK(slots.statistics().held == 0);
    }
    CHECK(slots.statistics().available == 2);
}

TETHER_TEST_CASE("two acquires that are built before either is awaited do not "
                 "both get the one permit") {
    semaphore one(1);
    int at_a_time = 0;
    auto first = one.acquire();
    auto second = one.acquire();
    auto use = [&](auto waiting) -> task<> {
        permit const held = co_await waiting;
        CHECK(++at_a_time == 1);
        co_await sleep_for(1ms);
        --at_a_time;
    };
    stopwatch watch;
    co_await when_all(use(first), use(second));
    CHECK(watch.elapsed() == 2ms);
}

TETHER_TEST_CASE("TG48 when_all_settled gives errors as values and stops "
                 "nobody") {
    event_log log;
    stopwatch watch;
    auto settled =
        co_await when_all_settled(value(1, 5ms), failure("down", 1ms),
                                  sleep_for(2ms), logged(log, "last", 9ms));
    auto& [a, b, c, d] = settled;
    CHECK(watch.elapsed() == 9ms);
    CHECK(a.value() == 1);
    CHECK(b.has_error());
    CHECK_THROWS_WITH(b.value(), "down");
    CHECK(c.has_value());
    CHECK(d.value() == 9);
    CHECK(log.text() == "last");

    std::vector<task<int>> legs;
    legs.push_back(failure("first", 2ms));
    legs.push_back(value(2, 1ms));
    auto of_range = co_await when_all_settled(std::move(legs));
    REQUIRE(of_range.size() == 2);
    CHECK(of_range[0].has_error());
    CHECK(of_range[1].value() == 2);
    auto none = co_await when_all_settled(std::vector<task<int>>());
    CHECK(none.empty());
}

TETHER_TEST_CASE("TG48 when_all_settled passes a stop from outside on and "
                 "reports the errors it held") {
    unhandled_log unhandled;
    bool after = false;
    bool const ended = co_await move_on_after(5ms, [&]() -> task<> {
        auto settled =
            co_await when_all_settled(failure("lost", 1ms), value(1, 9ms));
        after = true;
        std::get<0>(settled).ignore();
    });
    CHECK_FALSE(ended);
    CHECK_FALSE(after);
    CHECK(unhandled.texts == strings{"lost"});
}

TETHER_TEST_CASE("TG48 an error outcome that nobody looks at is reported") {
    unhandled_log unhandled;
    {
        auto settled = co_await when_all_settled(failure("unread", 1ms));
        CHECK_FALSE(std::get<0>(settled).has_value());
    }
    CHECK(unhandled.texts == strings{"unread"});
}

TETHER_TEST_CASE("a combinator is a leg like any other, and so is a deadline") {
    auto all = co_await when_all(when_all(value(1, 1ms), value(2, 2ms)),
                                 move_on_after(1ms, value(9, 5ms)),
                                 race(value(3, 3ms), value(4, 1ms)));
    CHECK(std::get<0>(all) == std::tuple(1, 2));
    CHECK_FALSE(std::get<1>(all).has_value());
    CHECK(std::get<2>(all) == 4);
}
