// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What becomes of roots beside the main task: at the end of a run, on strands,
// detached and failing, and asked for by other threads.

#include "unit/asio/asio_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/format_error.hpp>
#include <tether/task/runner.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <stdexcept>
#include <string>

using namespace tether_test;

namespace {

auto end_in(event_log& log) {
    return [&log](std::exception_ptr e) { log(e ? "error" : "value"); };
}

task<> sleeper(event_log& log, char const* name) {
    exit_note const note(log, name);
    co_await tether::sleep_forever();
}

std::string cause_of(std::exception const& e) {
    try {
        std::rethrow_if_nested(e);
    } catch (std::exception const& cause) {
        return cause.what();
    }
    return "none";
}

task<> fails() {
    co_await tether::checkpoint();
    throw std::domain_error("background");
}

} // namespace

TEST_CASE("RU05 roots on strands are cancelled and joined like those of the "
          "main loop") {
    event_log log;
    auto body = [&]() -> task<> {
        auto const io = tether::this_task::executor();
        auto const one = asio::make_strand(io);
        auto const two = asio::make_strand(io);
        tether::co_spawn(one, sleeper, std::ref(log), "one", end_in(log));
        tether::co_spawn(two, sleeper, std::ref(log), "two", end_in(log));
        co_await tether::sleep_for(1ms);
        log("main");
    };
    run_real(body);
    CHECK(log.text() == "main one two error error");
}

TEST_CASE("RU05 cleanup of roots on strands may wait and start more") {
    event_log log;
    auto cleans = [&]() -> task<> {
        auto const cleanup = [&]() -> task<> {
            co_await tether::sleep_for(1ms);
            tether::co_spawn(asio::make_strand(tether::this_task::executor()),
                             sleeper, std::ref(log), "late", end_in(log));
            co_await tether::sleep_for(1ms);
            log("cleaned");
        };
        auto const wait = []() -> task<> { co_await tether::sleep_forever(); };
        co_await tether::async_try(wait).on_cancel(cleanup);
    };
    auto body = [&]() -> task<> {
        auto const strand = asio::make_strand(tether::this_task::executor());
        tether::co_spawn(strand, cleans, end_in(log));
        co_await tether::sleep_for(1ms);
    };
    run_real(body);
    CHECK(log.lines().size() == 4);
    CHECK_THAT(log.text(), contains_text("cleaned"));
    CHECK_THAT(log.text(), contains_text("late"));
}

TEST_CASE("RU05 a root started in the last moment of main is joined too") {
    event_log log;
    auto body = [&]() -> task<> {
        auto const io = tether::this_task::executor();
        tether::co_spawn(io, sleeper, std::ref(log), "plain", end_in(log));
        tether::co_spawn(asio::make_strand(io), sleeper, std::ref(log),
                         "strand", end_in(log));
        co_return;
    };
    run_real(body);
    CHECK(log.lines().size() == 4);
    CHECK_THAT(log.text(), contains_text("plain"));
    CHECK_THAT(log.text(), contains_text("strand"));
}

TEST_CASE("RU05 a closed runner joins roots on strands") {
    event_log log;
    leak_check const check;
    tether::runner app;
    app.run([&]() -> task<> {
        auto const strand = asio::make_strand(tether::this_task::executor());
        tether::co_spawn(strand, sleeper, std::ref(log), "kept", end_in(log));
        co_await tether::sleep_for(1ms);
    });
    CHECK(log.text().empty());
    app.close();
    CHECK(log.text() == "kept error");
}

TEST_CASE("RU05 main's value comes although a handler posts itself for ever") {
    auto body = []() -> task<int> {
        struct again {
            void operator()() const { asio::post(executor, *this); }
            asio::any_io_executor executor;
        };
        auto const here = tether::this_task::executor();
        asio::post(here, again{here});
        co_return 3;
    };
    CHECK(run_real(body) == 3);
}

TEST_CASE("RU07 a detached task that fails ends the run with internal_error "
          "around its error") {
    event_log log;
    auto body = [&]() -> task<> {
        tether::co_spawn(tether::this_task::executor(), fails, asio::detached);
        exit_note const note(log, "main stopped");
        co_await tether::sleep_forever();
    };
    std::string cause;
    try {
        run_real(body);
    } catch (tether::internal_error const& e) {
        cause = cause_of(e);
        CHECK_THAT(std::string(e.what()), contains_text("detached"));
    }
    CHECK(cause == "background");
    CHECK(log.text() == "main stopped");
}

TEST_CASE("RU07 a detached task of a strand that fails ends the run as well") {
    auto body = []() -> task<> {
        tether::co_spawn(asio::make_strand(tether::this_task::executor()),
                         fails, asio::detached);
        co_await tether::sleep_forever();
    };
    CHECK_THROWS_AS(run_real(body), tether::internal_error);
}

TEST_CASE("RU07 an error sink hears of detached errors, and the run goes on") {
    std::string seen;
    leak_check const check;
    tether::runner app;
    app.on_unhandled_error([&](std::exception_ptr error, char const*) {
        seen = tether::format_error(error);
    });
    int const value = app.run([]() -> task<int> {
        tether::co_spawn(tether::this_task::executor(), fails, asio::detached);
        co_await tether::sleep_for(1ms);
        co_return 5;
    });
    CHECK(value == 5);
    CHECK_THAT(seen, contains_text("background"));
}

TEST_CASE("RU07 a detached task that is stopped is no error") {
    event_log log;
    auto body = [&]() -> task<> {
        tether::co_spawn(tether::this_task::executor(), sleeper, std::ref(log),
                         "stopped", asio::detached);
        co_await tether::sleep_for(1ms);
    };
    run_real(body);
    CHECK(log.text() == "stopped");
}
