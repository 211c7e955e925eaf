// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Cancels and completions that meet: several operations, several executors.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <exception>
#include <future>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace tether_test;
using boost::system::error_code;
using boost::system::system_error;
using std::chrono::microseconds;

namespace {

task<> wait_on(asio::steady_timer& timer) {
    co_await timer.async_wait(use_task);
}

// Connects without end until it is told to stop.
task<> connect_for_ever(tcp::endpoint to) {
    for (;;) {
        tcp::socket socket(tether::this_task::executor());
        co_await socket.async_connect(to, use_task);
    }
}

} // namespace

TETHER_ASIO_CASE("AI03 AI04 of several operations that end together the error "
                 "is reported, and only that") {
    socket_pair sockets(tether::this_task::executor());
    sockets.right.close();
    asio::steady_timer due(tether::this_task::executor(), 0ms);
    asio::steady_timer late(tether::this_task::executor(), 1h);
    std::array<char, 4> data;
    std::size_t errors = 0;
    bool eof = false;
    auto body = [&](task_group& g) -> task<> {
        auto reader = [&]() -> task<> {
            co_await sockets.left.async_read_some(asio::buffer(data), use_task);
        };
        g.spawn(wait_on, std::ref(due));
        g.spawn(reader);
        g.spawn(wait_on, std::ref(late));
        co_return;
    };
    try {
        co_await tether::with_task_group(body);
    } catch (tether::exception_group const& e) {
        for (std::exception_ptr const& each : e.exceptions()) {
            ++errors;
            try {
                std::rethrow_exception(each);
            } catch (system_error const& inner) {
                eof = inner.code() == asio::error::eof;
            }
        }
    }
    CHECK(errors == 1);
    CHECK(eof);
}

TEST_CASE("AI08 AI18 operations of objects on another executor are cancelled "
          "from the task's own") {
    asio::thread_pool foreign(2);
    int stops = 0;
    auto body = [&]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            asio::steady_timer timer(foreign, 1h);
            bool const finished = co_await tether::move_on_after(
                microseconds(i), timer.async_wait(use_task));
            stops += finished ? 0 : 1;
        }
    };
    run_real(body);
    foreign.join();
    CHECK(stops == 200);
}

TEST_CASE("AI09 many random meetings of a cancel with a completion") {
    asio::thread_pool foreign(2);
    int values = 0;
    int stops = 0;
    constexpr int rounds = 20000;
    auto body = [&]() -> task<> {
        std::minstd_rand random(7);
        asio::steady_timer here(tether::this_task::executor());
        for (int i = 0; i < rounds; ++i) {
            auto const op_time = microseconds(random() % 4);
            auto const limit = microseconds(random() % 4);
            bool finished = false;
            if (i % 2 == 0) {
                here.expires_after(op_time);
                finished = co_await tether::move_on_after(
                    limit, here.async_wait(use_task));
            } else {
                asio::steady_timer there(foreign, op_time);
                finished = co_await tether::move_on_after(
                    limit, there.async_wait(use_task));
            }
            ++(finished ? values : stops);
        }
    };
    run_real(body);
    foreign.join();
    CHECK(values + stops == rounds);
    CHECK(values > 0);
    CHECK(stops > 0);
}

TEST_CASE("AI09 the same on strands of a context that four threads run") {
    asio::io_context io;
    std::vector<std::future<void>> ends;
    for (int s = 0; s < 8; ++s) {
        auto body = [s]() -> task<> {
            std::minstd_rand random(static_cast<unsigned>(s) + 1);
            for (int i = 0; i < 500; ++i) {
                asio::steady_timer timer(tether::this_task::executor(),
                                         microseconds(random() % 20));
                co_await tether::move_on_after(microseconds(random() % 20),
                                               timer.async_wait(use_task));
            }
        };
        ends.push_back(
            tether::co_spawn(asio::make_strand(io), body, asio::use_future));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { io.run(); });
    for (auto& t : threads)
        t.join();
    int ended = 0;
    for (auto& e : ends) {
        e.get();
        ++ended;
    }
    CHECK(ended == 8);
}

TETHER_ASIO_CASE("AI12 a scope that must end cancels every operation in it") {
    asio::steady_timer first(tether::this_task::executor(), 1h);
    socket_pair sockets(tether::this_task::executor());
    tcp::acceptor acceptor = listen_here();
    std::array<char, 4> data;
    event_log log;
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        auto group = [&](task_group& g) -> task<> {
            auto on_timer = [&]() -> task<> {
                exit_note const note(log, "timer");
                co_await first.async_wait(use_task);
            };
            auto on_read = [&]() -> task<> {
                exit_note const note(log, "read");
                co_await asio::async_read(sockets.left, asio::buffer(data),
                                          use_task);
            };
            auto on_accept = [&]() -> task<> {
                exit_note const note(log, "accept");
                co_await acceptor.async_accept(use_task);
            };
            g.spawn(on_timer);
            g.spawn(on_read);
            g.spawn(on_accept);
            co_await tether::checkpoint();
            scope.cancel();
        };
        co_await tether::with_task_group(group);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(log.lines().size() == 3);
}

TETHER_ASIO_CASE("AI17 cancelling an accept loop ends it although connections "
                 "keep coming") {
    tcp::acceptor acceptor = listen_here();
    int accepted = 0;
    auto body = [&](task_group& g) -> task<> {
        g.spawn(connect_for_ever, acceptor.local_endpoint());
        auto server = [&]() -> task<> {
            for (;;) {
                tcp::socket const s = co_await acceptor.async_accept(use_task);
                ++accepted;
            }
        };
        bool const finished = co_await tether::move_on_after(20ms, server);
        CHECK(!finished);
        g.cancel();
    };
    auto outer = [&]() -> task<> { co_await tether::with_task_group(body); };
    bool const finished = co_await tether::move_on_after(1h, outer);
    CHECK(finished);
    CHECK(accepted > 0);
}
