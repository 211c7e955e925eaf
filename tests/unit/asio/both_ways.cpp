// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// asio::awaitable inside a task, and a task inside an asio::awaitable.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

using namespace tether_test;
using boost::system::system_error;

namespace {

struct no_default {
    explicit no_default(int n) : value(n) {}
    int value;
};

asio::awaitable<void> short_wait() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
    co_await timer.async_wait(asio::use_awaitable);
}
asio::awaitable<int> foreign_int() {
    co_await short_wait();
    co_return 7;
}
asio::awaitable<no_default> foreign_object() {
    co_await short_wait();
    co_return no_default(8);
}
asio::awaitable<std::unique_ptr<int>> foreign_owned() {
    co_return std::make_unique<int>(9);
}
asio::awaitable<int> foreign_error() {
    co_await short_wait();
    throw std::out_of_range("foreign");
}

// Ends late: after the cancel it finishes its step and says so.
asio::awaitable<void> foreign_cleanup(event_log& log) {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (system_error const&) {
        log("foreign");
        throw;
    }
}
asio::awaitable<int> foreign_ignores(event_log& log) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (system_error const&) {
        log("ignored");
    }
    co_return 5;
}

// The first of two timers, by Asio's own operator.
asio::awaitable<std::size_t> foreign_first() {
    using namespace asio::experimental::awaitable_operators;
    auto const home = co_await asio::this_coro::executor;
    asio::steady_timer never(home, 1h);
    asio::steady_timer soon(home, 1ms);
    auto const first = co_await (never.async_wait(asio::use_awaitable) ||
                                 soon.async_wait(asio::use_awaitable));
    co_return first.index();
}

task<int> native(int n) {
    co_await tether::sleep_for(1ms);
    co_return n;
}
task<int> native_error() {
    co_await tether::checkpoint();
    throw std::out_of_range("native");
}
task<> native_waits(event_log& log) {
    exit_note const note(log, "native");
    co_await tether::sleep_forever();
}

} // namespace

TETHER_ASIO_CASE("CX13 an asio::awaitable is awaited as it is") {
    co_await short_wait();
    int const n = co_await foreign_int();
    CHECK(n == 7);
    no_default const object = co_await foreign_object();
    CHECK(object.value == 8);
    std::unique_ptr<int> const owned = co_await foreign_owned();
    CHECK(*owned == 9);
    std::string seen;
    try {
        co_await foreign_error();
    } catch (std::out_of_range const& e) {
        seen = e.what();
    }
    CHECK(seen == "foreign");
}

TETHER_ASIO_CASE("AI19 CA35 a cancel reaches an asio::awaitable and waits "
                 "for its end") {
    event_log log;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto child = [&]() -> task<> {
                exit_note const note(log, "task");
                co_await foreign_cleanup(log);
            };
            g.spawn(child);
            co_await tether::sleep_for(2ms);
            scope.cancel();
        };
        co_await tether::with_task_group(group);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    log("after");
    CHECK(!finished);
    CHECK(log.text() == "foreign task after");
}

TETHER_ASIO_CASE("CA36 one that ignores the cancel delivers its value, and "
                 "the next checkpoint stops") {
    event_log log;
    int got = 0;
    bool passed = false;
    auto body = [&]() -> task<> {
        got = co_await foreign_ignores(log);
        co_await tether::checkpoint();
        passed = true;
    };
    bool const finished = co_await tether::move_on_after(2ms, body);
    CHECK(!finished);
    CHECK(log.text() == "ignored");
    CHECK(got == 5);
    CHECK(!passed);
}

TEST_CASE("AI09 a cancel from outside of the executor outlives nothing") {
    asio::io_context io;
    event_log log;
    auto body = [&]() -> task<> {
        exit_note const note(log, "task");
        asio::post(io, [&] { io.stop(); });
        co_await foreign_cleanup(log);
    };
    CHECK_THROWS_AS(tether::run(io, body), tether::cancelled_error);
    CHECK(log.text() == "foreign task");
}

TEST_CASE("CX13 a task is awaited in an asio::awaitable") {
    leak_check const check;
    asio::io_context io;
    auto host = []() -> asio::awaitable<int> {
        auto const here = co_await asio::this_coro::executor;
        int const n =
            co_await tether::co_spawn(here, native, 4, asio::use_awaitable);
        std::string seen;
        try {
            co_await tether::co_spawn(here, native_error, asio::use_awaitable);
        } catch (std::out_of_range const& e) {
            seen = e.what();
        }
        co_return seen == "native" ? n : -1;
    };
    auto done = asio::co_spawn(io, host, asio::use_future);
    io.run();
    CHECK(done.get() == 4);
}

TEST_CASE("CA35 a native cancel of the host reaches the task, which is joined "
          "before the host goes on") {
    leak_check const check;
    asio::io_context io;
    event_log log;
    auto host = [&]() -> asio::awaitable<void> {
        try {
            co_await tether::co_spawn(co_await asio::this_coro::executor,
                                      native_waits, std::ref(log),
                                      asio::use_awaitable);
        } catch (tether::cancelled_error const& e) {
            log(tether::to_string(e.reason().kind));
        }
    };
    asio::cancellation_signal signal;
    asio::co_spawn(
        io, host,
        asio::bind_cancellation_slot(signal.slot(),
                                     [&](std::exception_ptr) { log("host"); }));
    io.poll();
    signal.emit(asio::cancellation_type::terminal);
    io.run();
    CHECK(log.text() == "native foreign host");
}

TETHER_ASIO_CASE("CA35 through both borders and back") {
    event_log log;
    auto host = [&]() -> asio::awaitable<void> {
        co_await tether::co_spawn(co_await asio::this_coro::executor,
                                  native_waits, std::ref(log),
                                  asio::use_awaitable);
        log("not reached");
    };
    bool const finished = co_await tether::move_on_after(2ms, host());
    log("after");
    CHECK(!finished);
    CHECK(log.text() == "native after");
}

TETHER_ASIO_CASE("AI01 what Asio's experimental combinators make is awaited "
                 "like any operation, and hears of a cancel") {
    auto const home = tether::this_task::executor();
    asio::steady_timer soon(home, 1ms);
    asio::steady_timer never(home, 1h);
    auto const both = [&] {
        return asio::experimental::make_parallel_group(
            never.async_wait(asio::deferred), soon.async_wait(asio::deferred));
    };
    auto const one = co_await both().async_wait(
        asio::experimental::wait_for_one(), use_task);
    CHECK(std::get<0>(one)[0] == 1); // the order of the ends
    CHECK(std::get<1>(one) == asio::error::operation_aborted);
    CHECK(!std::get<2>(one));
    // Its end is a value, which a cancel does not take away.
    soon.expires_after(1h);
    auto const all = co_await tether::move_on_after(
        1ms, both().async_wait(asio::experimental::wait_for_all(), use_task));
    REQUIRE(all);
    CHECK(std::get<1>(*all) == asio::error::operation_aborted);
    CHECK(std::get<2>(*all) == asio::error::operation_aborted);
    auto const first = co_await foreign_first();
    CHECK(first == 1);
}

TETHER_ASIO_CASE("CX13 deferred operations are awaited as they are") {
    asio::steady_timer timer(tether::this_task::executor(), 1ms);
    co_await timer.async_wait(asio::deferred);
    auto later = timer.async_wait(asio::deferred);
    co_await std::move(later);
    bool const in_time =
        co_await tether::move_on_after(1h, timer.async_wait(asio::deferred));
    CHECK(in_time);
    timer.expires_after(1h);
    bool const late =
        co_await tether::move_on_after(1ms, timer.async_wait(asio::deferred));
    CHECK(!late);
}

TEST_CASE("CA35 a task on another executor as an operation: joined on cancel") {
    asio::thread_pool pool(2);
    auto strand = asio::make_strand(pool);
    event_log log;
    auto main_task = [&]() -> task<> {
        bool const finished = co_await tether::move_on_after(
            2ms,
            tether::co_spawn(strand, native_waits, std::ref(log), use_task));
        log(finished ? "finished" : "stopped");
        int const n = co_await tether::co_spawn(strand, native, 3, use_task);
        log(std::to_string(n));
    };
    run_real(main_task);
    pool.join();
    CHECK(log.text() == "native stopped 3");
}
