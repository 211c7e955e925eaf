// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Virtual time: when it stands, when it jumps, and what happens on the way.
#include "testing_test.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace testing_test;

testing::test_options with_clock(double rate, duration threshold) {
    testing::test_options options;
    options.clock.rate = rate;
    options.clock.autojump_threshold = threshold;
    return options;
}

TEST_CASE("TE01 time stands still unless it is moved") {
    run_test(
        []() -> task<> {
            auto const start = this_task::now();
            for (int i = 0; i < 1000; ++i)
                co_await checkpoint();
            CHECK(this_task::now() == start);
            testing::this_test::clock().jump(3s);
            CHECK(this_task::now() == start + 3s);
            CHECK_THROWS_AS(testing::this_test::clock().jump(-1s),
                            std::invalid_argument);
        },
        with_clock(0, testing::no_autojump));
    // Nobody moves it for a task that only sleeps.
    CHECK_THROWS_AS(run_test([]() -> task<> { co_await sleep_for(1s); },
                             with_clock(0, testing::no_autojump)),
                    deadlock_error);
}

TEST_CASE("TE01 with a rate, time runs scaled") {
    run_test(
        []() -> task<> {
            auto const start = this_task::now();
            co_await sleep_for(10s);
            CHECK(this_task::now() - start >= 10s);
            CHECK(testing::this_test::clock().rate() == 10'000);
            testing::this_test::clock().rate(0);
            auto const stopped = this_task::now();
            co_await checkpoint();
            CHECK(this_task::now() == stopped);
        },
        with_clock(10'000, testing::no_autojump));
    CHECK_THROWS_AS(testing::virtual_clock({.rate = -1}),
                    std::invalid_argument);
}

TEST_CASE("TE03 with a threshold, time jumps though an operation is in flight, "
          "once none completed for that long") {
    auto body = []() -> task<> {
        auto const start = this_task::now();
        boost::asio::steady_timer for_ever(this_task::executor(), 24h);
        co_await race(for_ever.async_wait(use_task), sleep_for(1h));
        CHECK(this_task::now() == start + 1h);
    };
    run_test(body, with_clock(0, 1ms));

    auto options = with_clock(0, 0ms);
    options.hang_guard = 20ms; // without it, I/O keeps the time
    CHECK_THROWS_AS(run_test(body, options), test_failure);
}

TEST_CASE("TE03 what completes before the threshold is over comes first") {
    event_log log;
    run_test(
        [&]() -> task<> {
            boost::asio::steady_timer soon(this_task::executor(), 1ms);
            auto io = [&]() -> task<> {
                co_await soon.async_wait(use_task);
                log("io");
            };
            auto sleeper = [&]() -> task<> {
                co_await sleep_for(1h);
                log("sleeper");
            };
            co_await when_all(sleeper(), io());
        },
        with_clock(0, 30s));
    CHECK(log.text() == "io sleeper");
}

TEST_CASE("TE06 time does not jump while a thread works for a task") {
    event_log log;
    std::promise<void> go;
    std::thread worker;
    run_test(
        [&]() -> task<> {
            auto sleeper = [&]() -> task<> {
                co_await sleep_for(1h);
                log("sleeper");
            };
            auto call = [&]() -> task<> {
                co_await suspend_cancellable<void>([&](completion<void> done) {
                    worker = std::thread(
                        [&, remote = std::move(done).remote()]() mutable {
                            go.get_future().wait();
                            remote.post();
                        });
                });
                log("worker");
            };
            // Much later than the threshold.
            boost::asio::steady_timer release(this_task::executor(), 30ms);
            release.async_wait([&](auto const&) { go.set_value(); });
            co_await when_all(sleeper(), call());
        },
        with_clock(0, 1ms));
    worker.join();
    CHECK(log.text() == "worker sleeper");
}

TETHER_TEST_CASE("TE07 advance moves the time, and what is due on the way and "
                 "at its end runs") {
    event_log log;
    auto const start = this_task::now();
    auto seconds = [&] {
        return std::to_string((this_task::now() - start) / 1s);
    };
    testing::spawn_background([&]() -> task<> {
        for (;;) {
            co_await sleep_for(10s);
            log(seconds());
        }
    });
    co_await testing::advance(25s);
    CHECK(log.text() == "10 20");
    CHECK(this_task::now() == start + 25s);
    co_await testing::advance(5s);
    CHECK(log.text() == "10 20 30");
    co_await testing::advance(0s);
    CHECK(this_task::now() == start + 30s);
    CHECK_THROWS_AS(static_cast<void>(testing::advance(-1s)),
                    std::invalid_argument);
}

TETHER_TEST_CASE("TE07 run_current runs what is ready and moves no time") {
    event_log log;
    auto const start = this_task::now();
    testing::spawn_background([&]() -> task<> {
        log("ready");
        co_await checkpoint();
        log("again");
        co_await sleep_for(1s);
        log("due");
        co_await sleep_for(1s);
        log("later");
    });
    co_await testing::run_current();
    CHECK(log.text() == "ready again");
    testing::this_test::clock().jump(1s);
    co_await testing::run_current();
    CHECK(log.text() == "ready again due");
    CHECK(this_task::now() == start + 1s);
}

TETHER_TEST_CASE(
    "TE07 advance_until_idle goes on until nobody waits for time") {
    event_log log;
    auto const start = this_task::now();
    testing::spawn_background([&]() -> task<> {
        for (int i = 0; i < 3; ++i)
            co_await sleep_for(1h);
        log("done");
        co_await sleep_forever();
    });
    co_await testing::advance_until_idle();
    CHECK(log.text() == "done");
    CHECK(this_task::now() == start + 3h);
}

TETHER_TEST_CASE("TE08 deadlines run in order of time, ties in order of "
                 "registration, and new ones count at once") {
    event_log log;
    auto const start = this_task::now();
    auto sleeper = [&](std::string name, std::chrono::seconds d) -> task<> {
        co_await sleep_for(d);
        log(name + "@" + std::to_string((this_task::now() - start) / 1s));
        if (name == "b") { // due before "c" and "d", seen on the way
            co_await sleep_for(1s);
            log("b2@" + std::to_string((this_task::now() - start) / 1s));
        }
    };
    testing::spawn_background(sleeper, "d", 5s);
    testing::spawn_background(sleeper, "a", 1s);
    testing::spawn_background(sleeper, "b", 2s);
    testing::spawn_background(sleeper, "c", 5s);
    co_await testing::advance(1min);
    CHECK(log.text() == "a@1 b@2 b2@3 d@5 c@5");
}

TETHER_TEST_CASE("TE21 deadlines, sleeps and delays all keep virtual time") {
    auto const start = this_task::now();
    auto const late = co_await move_on_after(1h, sleep_for(2h));
    CHECK(!late);
    CHECK(this_task::now() == start + 1h);
    bool timed_out = false;
    try {
        co_await fail_at(start + 3h, sleep_forever());
    } catch (timeout_error const&) {
        timed_out = true;
    }
    CHECK(timed_out);
    CHECK(this_task::now() == start + 3h);
    co_await sleep_until(start + 4h);
    CHECK(this_task::now() == start + 4h);
}

TEST_CASE("TE07 moving the time needs a test in virtual time") {
    testing::test_options real;
    real.real_time = true;
    run_test(
        []() -> task<> {
            std::string text;
            try {
                co_await testing::advance(1s);
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            CHECK_THAT(text, contains_text("this test runs in real time"));
            CHECK_THROWS_AS(testing::this_test::clock(), std::logic_error);
            auto const before = std::chrono::steady_clock::now();
            CHECK(this_task::now() >= before);
        },
        real);
    CHECK_THROWS_AS(run([]() -> task<> { co_await testing::advance(1s); }),
                    std::logic_error);
}

} // namespace
