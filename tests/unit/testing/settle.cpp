// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// settle(): until all others wait, before any time passes.
#include "testing_test.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <stdexcept>

namespace {

using namespace testing_test;

TETHER_TEST_CASE("TE04 settle ends when every other task waits, however many "
                 "turns that takes") {
    event_log log;
    testing::spawn_background([&]() -> task<> {
        for (int i = 0; i < 1000; ++i)
            co_await checkpoint();
        log("waits");
        co_await sleep_forever();
    });
    co_await testing::settle();
    log("settled");
    CHECK(log.text() == "waits settled");
}

TETHER_TEST_CASE("TE04 settle comes before the clock jumps") {
    event_log log;
    auto const start = this_task::now();
    testing::spawn_background([&]() -> task<> {
        co_await sleep_for(0s);
        co_await sleep_for(1ns);
        log("slept");
    });
    co_await testing::settle();
    log("settled");
    CHECK(this_task::now() == start);
    co_await sleep_for(1s);
    CHECK(log.text() == "settled slept");
}

TETHER_TEST_CASE("TE04 settle waits for handlers that are ready as well") {
    auto const home = this_task::executor();
    int turns = 0;
    std::function<void()> again = [&] {
        if (++turns < 1000)
            boost::asio::post(home, again);
    };
    boost::asio::post(home, again);
    co_await testing::settle();
    CHECK(turns == 1000);
}

TETHER_TEST_CASE("TE04 two tasks that settle do not wait for each other") {
    event_log log;
    testing::spawn_background([&]() -> task<> {
        co_await testing::settle();
        log("helper");
    });
    co_await testing::settle();
    log("main");
    co_await testing::settle();
    CHECK(log.lines().size() == 2);
}

TETHER_TEST_CASE("TE05 with a cushion, operations of Asio get that much quiet "
                 "time to complete") {
    event_log log;
    boost::asio::steady_timer soon(this_task::executor(), 1ms);
    testing::spawn_background([&]() -> task<> {
        co_await soon.async_wait(use_task);
        log("io");
    });
    co_await testing::settle();
    log("settled");
    co_await testing::settle(50ms);
    log("quiet");
    CHECK(log.text() == "settled io quiet");
}

TETHER_TEST_CASE("TE05 who asks for less quiet is served first") {
    event_log log;
    testing::spawn_background([&]() -> task<> {
        co_await testing::settle(2ms);
        log("cushion");
    });
    co_await checkpoint();
    testing::spawn_background([&]() -> task<> {
        co_await sleep_for(1h); // the clock jumps at once
        log("jump");
    });
    co_await testing::settle();
    log("settle");
    co_await sleep_for(2h);
    co_await testing::settle(3ms);
    CHECK(log.text() == "settle jump cushion");
    CHECK_THROWS_AS(static_cast<void>(testing::settle(-1ms)),
                    std::invalid_argument);
}

TETHER_TEST_CASE("TE05 a task that settles can be cancelled") {
    auto const settled = co_await move_on_after(
        1s, [&]() -> task<> { co_await testing::settle(1h); });
    CHECK(!settled);
    co_await testing::settle();
}

TEST_CASE("TE04 settle outside of a test is refused") {
    CHECK_THROWS_AS(run([]() -> task<> { co_await testing::settle(); }),
                    std::logic_error);
}

} // namespace
