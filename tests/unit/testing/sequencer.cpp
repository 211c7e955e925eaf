// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Steps of several tasks in one order.
#include "testing_test.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace testing_test;
using testing::sequencer;

TETHER_TEST_CASE("TE14 steps run in the order of their numbers, across tasks") {
    event_log log;
    sequencer order;
    auto child = [&](std::size_t first, std::size_t second) -> task<> {
        for (std::size_t step : {first, second}) {
            auto const turn = co_await order.step(step);
            log(std::to_string(step) + "+");
            co_await sleep_for(1s);
            log(std::to_string(step) + "-");
        }
    };
    co_await when_all(child(1, 4), child(0, 3), child(2, 5));
    CHECK(log.text() == "0+ 0- 1+ 1- 2+ 2- 3+ 3- 4+ 4- 5+ 5-");
}

TETHER_TEST_CASE("TE14 a number is used once") {
    sequencer order;
    {
        auto const turn = co_await order.step(0);
    }
    std::string text;
    try {
        auto const turn = co_await order.step(0);
    } catch (std::logic_error const& e) {
        text = e.what();
    }
    CHECK_THAT(text, contains_text("step 0 was used before"));
    auto const turn = co_await order.step(1);
}

TETHER_TEST_CASE("TE14 a turn ends once, also when it is moved or released") {
    event_log log;
    sequencer order;
    testing::spawn_background([&]() -> task<> {
        auto const turn = co_await order.step(1);
        log("second");
    });
    auto first = co_await order.step(0);
    auto kept = std::move(first);
    co_await testing::settle();
    CHECK(log.text() == "");
    kept.release();
    kept.release();
    co_await testing::settle();
    CHECK(log.text() == "second");
}

TETHER_TEST_CASE("TE14 an error within a turn lets the next step go on") {
    sequencer order;
    auto failing = [&]() -> task<> {
        auto const turn = co_await order.step(0);
        throw std::runtime_error("within the turn");
    };
    auto result = co_await as_outcome(failing());
    CHECK(result.has_error());
    auto const turn = co_await order.step(1);
}

TETHER_TEST_CASE("TE14 a task that is cancelled while it waits breaks the "
                 "sequence for all") {
    event_log log;
    sequencer order;
    auto waits = [&](std::size_t step) -> task<> {
        try {
            auto const turn = co_await order.step(step);
            log("turn " + std::to_string(step));
        } catch (std::logic_error const& e) {
            CHECK_THAT(e.what(), contains_text("was stopped"));
            log("broken " + std::to_string(step));
        }
    };
    testing::spawn_background(waits, std::size_t{2});
    co_await move_on_after(1s, waits(1));
    co_await testing::settle();
    CHECK(log.text() == "broken 2");
    co_await waits(0);
    CHECK(log.text() == "broken 2 broken 0");
}

TETHER_TEST_CASE("TE14 who is cancelled together sees no error") {
    sequencer order;
    auto waits = [&](std::size_t step) -> task<> {
        auto const turn = co_await order.step(step);
    };
    auto const ended = co_await move_on_after(1s, [&]() -> task<> {
        co_await when_all(waits(1), waits(2), waits(3));
    });
    CHECK(!ended);
}

} // namespace
