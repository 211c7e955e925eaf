// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which executor has which loop, and what does a loop owe to Asio?
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/task/detail/root.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace tether_test;
using tether::task;
using tether::detail::loop;
using tether::detail::loop_service;

template<class F>
void start_root(loop& l, F fn) {
    auto ignore = [](tether::detail::root_result<void>&&) {};
    using body = tether::detail::body_for<F>;
    auto* root = new tether::detail::root<body, decltype(ignore)>(
        body(std::in_place, std::move(fn)), std::move(ignore), {});
    l.enter([&] { root->start(l); });
}

} // namespace

TEST_CASE("equal executors share a loop, different strands do not") {
    boost::asio::io_context io;
    auto one = boost::asio::make_strand(io);
    auto two = boost::asio::make_strand(io);
    loop& plain = loop_service::acquire(io.get_executor());
    loop& first = loop_service::acquire(one);
    loop& again = loop_service::acquire(boost::asio::any_io_executor(one));
    loop& second = loop_service::acquire(two);
    CHECK(&first == &again);
    CHECK(&first != &second);
    CHECK(&first != &plain);
    CHECK(plain.plain_context() == &io);
    CHECK(first.plain_context() == nullptr);
    CHECK(&first.context() ==
          static_cast<boost::asio::execution_context*>(&io));
    second.release();
    again.release();
    first.release();
    plain.release();
}

TEST_CASE("a drained loop does not keep io_context::run") {
    boost::asio::io_context io;
    loop& l = loop_service::acquire(io.get_executor());
    auto const start = std::chrono::steady_clock::now();
    // The sleep of an hour is cancelled; its armed timer must go as well.
    start_root(l, []() -> task<> {
        bool const in_time = co_await tether::move_on_after(
            5ms, []() -> task<> { co_await tether::sleep_for(1h); });
        CHECK_FALSE(in_time);
    });
    l.release();
    io.run();
    CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("a busy task leaves Asio its turns") {
    boost::asio::io_context io;
    loop& l = loop_service::acquire(io.get_executor());
    std::size_t yields = 0;
    bool over = false;
    start_root(l, [&]() -> task<> {
        while (!over) {
            ++yields;
            co_await tether::checkpoint();
        }
    });
    l.release();
    boost::asio::steady_timer timer(io, 2ms);
    timer.async_wait([&](boost::system::error_code) { over = true; });
    io.run();
    CHECK(over);
    CHECK(yields > 1);
}

TEST_CASE("a budget of immediate completions bounds how long a task runs on") {
    std::size_t most = 0;
    run_virtual([&]() -> task<> {
        std::size_t mine = 0;
        bool other = false;
        co_await tether::with_task_group(
            [&](tether::task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    other = true;
                    co_return;
                });
                while (!other) {
                    ++mine;
                    co_await tether::checkpoint_if_cancelled();
                }
                most = mine;
            });
    });
    CHECK(most > 1);
    CHECK(most <= loop::immediate_budget + 1);
}

TEST_CASE(
    "hooks see the turn behind the one in which they came, and none after "
    "they went") {
    struct counting : tether::detail::test_hooks {
        void turn_ended(loop&) noexcept override { ++turns; }
        int turns = 0;
    } hooks;
    boost::asio::io_context io;
    loop& l = loop_service::acquire(io.get_executor());
    int before = -1;
    int between = -1;
    int after = -1;
    boost::asio::post(io, [&] {
        start_root(l, [&]() -> task<> {
            before = hooks.turns;
            l.set_hooks(&hooks);
            co_await tether::checkpoint();
            between = hooks.turns;
            co_await tether::checkpoint();
            between = hooks.turns - between;
            l.set_hooks(nullptr);
            after = hooks.turns;
            co_await tether::checkpoint();
            after = hooks.turns - after;
        });
    });
    io.run();
    l.release();
    CHECK(before == 0);
    CHECK(between == 1);
    CHECK(after == 0);
    CHECK(hooks.turns >= 1);
}

TEST_CASE("what nobody can receive leaves run, one error for each call") {
    boost::asio::io_context io;
    loop& l = loop_service::acquire(io.get_executor());
    start_root(l, []() -> task<> {
        co_await tether::sleep_for(1ms); // from here on inside run()
        auto sink = [](int n) -> task<> {
            throw std::runtime_error(std::to_string(n));
            co_return;
        };
        auto body = [&](tether::task_group& group) -> task<> {
            group.spawn(sink, 1);
            group.spawn(sink, 2);
            co_return;
        };
        co_await tether::with_task_group({.policy = tether::supervise}, body);
    });
    l.release();
    std::vector<std::string> seen;
    for (int i = 0; i != 5; ++i) {
        try {
            io.run();
            break;
        } catch (std::exception const& e) {
            seen.push_back(e.what());
        }
    }
    CHECK(seen == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a context destroyed with live tasks destroys every frame once") {
    for (bool const ran : {false, true}) {
        int alive = 0;
        struct counted {
            explicit counted(int& n) : n_(&n) { ++*n_; }
            counted(counted const&) = delete;
            counted& operator=(counted const&) = delete;
            ~counted() { --*n_; }
            int* n_;
        };
        bool resumed = false;
        {
            boost::asio::io_context io;
            loop& l = loop_service::acquire(io.get_executor());
            start_root(l, [&]() -> task<> {
                counted const outer(alive);
                co_await tether::with_task_group(
                    [&](tether::task_group& group) -> task<> {
                        for (int i = 0; i != 3; ++i)
                            group.spawn([&]() -> task<> {
                                counted const inner(alive);
                                co_await tether::shielded(
                                    tether::sleep_for(1h));
                                resumed = true;
                            });
                        co_await tether::sleep_for(1h);
                    });
                resumed = true;
            });
            l.release();
            if (ran)
                io.run_for(5ms);
            CHECK(alive > 0);
        }
        CHECK(alive == 0);
        CHECK_FALSE(resumed);
    }
}

TEST_CASE("a handler of another context cannot enter a running loop twice") {
    boost::asio::io_context io;
    loop& l = loop_service::acquire(io.get_executor());
    std::vector<std::string> order;
    start_root(l, [&]() -> task<> {
        // enter() from inside a task of the same loop runs at once and does
        // not drain: the other tasks wait for their turn.
        co_await tether::with_task_group(
            [&](tether::task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    order.push_back("child");
                    co_return;
                });
                l.enter([&] { order.push_back("inside"); });
                order.push_back("body");
                co_return;
            });
    });
    l.release();
    io.run();
    CHECK(order == std::vector<std::string>{"inside", "body", "child"});
}
