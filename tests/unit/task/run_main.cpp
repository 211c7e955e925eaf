// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// run and runner: how a main task starts, ends and leaves nothing behind.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace tether_test;

namespace {

task<int> answer() {
    co_return 42;
}
task<> fails() {
    co_await tether::checkpoint();
    throw std::out_of_range("main failed");
}
int plain_function() {
    return 1;
}

template<class F>
concept runs = requires(F f) { tether::run(f); };

} // namespace

TEST_CASE("RU01 run gives the value of main, or throws its error unchanged") {
    CHECK(run_real(answer) == 42);
    CHECK_THROWS_AS(run_real(fails), std::out_of_range);
    auto moves = []() -> task<std::unique_ptr<int>> {
        co_return std::make_unique<int>(1);
    };
    CHECK(*run_real(moves) == 1);
    int object = 0;
    auto refers = [&]() -> task<int&> { co_return object; };
    CHECK(&tether::run(refers) == &object);
}

TEST_CASE("RU01 a task that was made before can be run as well") {
    CHECK(tether::run(answer()) == 42);
}

TEST_CASE("RU02 only coroutine functions and tasks are accepted") {
    STATIC_REQUIRE(runs<task<int> (*)()>);
    STATIC_REQUIRE(!runs<int (*)()>);
    STATIC_REQUIRE(!runs<int>);
    CHECK(plain_function() == 1);
}

TEST_CASE("RU03 a nested run is refused, in another thread it works") {
    std::string refused;
    int elsewhere = 0;
    auto body = [&]() -> task<> {
        try {
            tether::run(answer);
        } catch (std::logic_error const& e) {
            refused = e.what();
        }
        std::thread other([&] { elsewhere = tether::run(answer); });
        other.join();
        co_return;
    };
    run_real(body);
    CHECK_THAT(refused, contains_text("co_await"));
    CHECK(elsewhere == 42);
}

TEST_CASE("RU04 two runs are independent, also on one context") {
    CHECK(run_real(answer) == 42);
    CHECK(run_real(answer) == 42);
    asio::io_context io;
    CHECK(tether::run(io, answer) == 42);
    CHECK_THROWS_AS(tether::run(io, fails), std::out_of_range);
    CHECK(tether::run(io, answer) == 42);
}

TEST_CASE("RU05 roots that main left behind are cancelled and joined, and "
          "their end is told") {
    event_log log;
    auto background = [&](char const* name) -> task<> {
        exit_note const note(log, name);
        co_await tether::sleep_forever();
    };
    auto body = [&]() -> task<> {
        for (char const* name : {"one", "two"})
            tether::co_spawn(
                tether::this_task::executor(), background, name,
                [&log](std::exception_ptr e) { log(e ? "error" : "value"); });
        co_await tether::sleep_for(1ms);
        log("main");
    };
    run_real(body);
    CHECK(log.text() == "main one two error error");
}

TEST_CASE("RU08 an exception of a foreign handler cancels main and leaves "
          "run") {
    event_log log;
    auto body = [&]() -> task<> {
        exit_note const note(log, "main");
        asio::post(tether::this_task::executor(),
                   [] { throw std::domain_error("foreign"); });
        co_await tether::sleep_forever();
    };
    CHECK_THROWS_AS(run_real(body), std::domain_error);
    CHECK(log.text() == "main");
    CHECK(run_real(answer) == 42);
}

TEST_CASE("RU09 a runner: made lazily, several runs, one context") {
    leak_check const check;
    int made = 0;
    tether::runner app(tether::run_options{}, [&] {
        ++made;
        return std::make_unique<asio::io_context>(1);
    });
    CHECK(made == 0);
    CHECK(app.run(answer) == 42);
    asio::io_context* const first = &app.context();
    std::optional<asio::steady_timer> timer;
    auto arms = [&]() -> task<> {
        timer.emplace(tether::this_task::executor(), 1ms);
        co_return;
    };
    auto waits = [&]() -> task<> { co_await timer->async_wait(use_task); };
    app.run(arms);
    app.run(waits);
    CHECK_THROWS_AS(app.run(fails), std::out_of_range);
    CHECK(&app.context() == first);
    CHECK(made == 1);
    timer.reset();
}

TEST_CASE("RU09 a closed runner refuses, closing twice is fine") {
    tether::runner app;
    CHECK(app.run(answer) == 42);
    app.close();
    CHECK_NOTHROW(app.close());
    CHECK_THROWS_AS(app.run(answer), std::logic_error);
    CHECK_THROWS_AS(app.context(), std::logic_error);
    tether::runner unused;
    CHECK_NOTHROW(unused.close());
}

TEST_CASE("RU09 a recursive run is an error") {
    tether::runner app;
    std::string refused;
    auto body = [&]() -> task<> {
        try {
            app.run(answer);
        } catch (std::logic_error const& e) {
            refused = e.what();
        }
        co_return;
    };
    app.run(body);
    CHECK_THAT(refused, contains_text("run()"));
}

TEST_CASE("RU09 roots live on between the runs and end when it is closed") {
    event_log log;
    auto background = [&]() -> task<> {
        exit_note const note(log, "background");
        for (;;) {
            co_await tether::checkpoint();
            log("step");
            co_await tether::sleep_for(1h);
        }
    };
    {
        leak_check const check;
        tether::runner app;
        tether::co_spawn(app.context(), background, asio::detached);
        auto lets_it_run = []() -> task<> { co_await tether::sleep_for(1ms); };
        app.run(lets_it_run);
        log("between");
        app.run(answer);
        log("close");
    }
    CHECK(log.text() == "step between close background");
}

TEST_CASE("RU10 a runner with its own clock and name") {
    virtual_clock clock;
    tether::run_options options;
    options.clock = &clock;
    options.name = "service";
    tether::runner app(options);
    auto body = []() -> task<std::string> {
        co_await tether::sleep_for(24h);
        co_return tether::this_task::name();
    };
    auto const begun = std::chrono::steady_clock::now();
    CHECK(app.run(body) == "service");
    CHECK(std::chrono::steady_clock::now() - begun < 1h);
}

TEST_CASE("RU32 a task in a loop of ready operations does not starve others") {
    int steps = 0;
    int of_the_other = 0;
    auto body = [&]() -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto other = [&]() -> task<> {
                for (int i = 0; i < 10; ++i) {
                    ++of_the_other;
                    co_await tether::checkpoint();
                }
            };
            g.spawn(other);
            while (of_the_other < 10) {
                ++steps;
                co_await tether::checkpoint_if_cancelled();
            }
        };
        co_await tether::with_task_group(group);
    };
    run_real(body);
    CHECK(of_the_other == 10);
    CHECK(steps < 2000);
}

TEST_CASE("RU33 timers and I/O get their turn while tasks are always ready") {
    bool timer_fired = false;
    bool handler_ran = false;
    int steps = 0;
    auto body = [&]() -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto sleeper = [&]() -> task<> {
                co_await tether::sleep_for(1ms);
                timer_fired = true;
            };
            g.spawn(sleeper);
            asio::post(tether::this_task::executor(),
                       [&] { handler_ran = true; });
            while (!timer_fired || !handler_ran) {
                ++steps;
                co_await tether::checkpoint();
            }
        };
        co_await tether::with_task_group(group);
    };
    run_real(body);
    CHECK(timer_fired);
    CHECK(handler_ran);
}

TEST_CASE("RU36 a context with the hint for one thread works as well") {
    asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    auto body = []() -> task<int> {
        co_await tether::sleep_for(1ms);
        asio::steady_timer timer(tether::this_task::executor(), 1ms);
        co_await timer.async_wait(use_task);
        co_return 1;
    };
    CHECK(tether::run(io, body) == 1);
}

TEST_CASE("RU28 stop() of the context cancels the main task of run") {
    asio::io_context io;
    event_log log;
    auto body = [&]() -> task<> {
        exit_note const note(log, "main");
        asio::post(io, [&] { io.stop(); });
        asio::steady_timer timer(io, 1h);
        co_await timer.async_wait(use_task);
    };
    CHECK_THROWS_AS(tether::run(io, body), tether::cancelled_error);
    CHECK(log.text() == "main");
}

TEST_CASE("CX28 a signal reaches a task through the context, which is all a "
          "signal handler does") {
    auto body = []() -> task<int> {
        asio::signal_set signals(tether::this_task::executor(), SIGUSR2);
        asio::post(tether::this_task::executor(), [] { std::raise(SIGUSR2); });
        co_return co_await signals.async_wait(use_task);
    };
    CHECK(run_real(body) == SIGUSR2);
}
