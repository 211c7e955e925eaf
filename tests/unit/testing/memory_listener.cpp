// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A listener whose connections are in memory.

#include "unit/testing/memory_test.hpp"

#include <tether/testing/memory_listener.hpp>

#include <optional>
#include <vector>

using namespace tether_test;
using namespace std::chrono_literals;
using testing::memory_listener;
using testing::memory_stream;
using tether::this_task::executor;

namespace {

task<> echo(memory_stream peer) {
    for (;;) {
        std::string const text = co_await receive_some(peer);
        co_await send_text(peer, text);
    }
}
task<> echo_server(memory_listener& listener) {
    co_await with_task_group([&](task_group& group) -> task<> {
        for (;;)
            group.spawn(echo, co_await listener.async_accept(use_task));
    });
}
// The error code of an attempt to connect.
task<error_code> refused(memory_listener& listener) {
    auto const fn = [&]() -> task<> {
        memory_stream const got = co_await listener.async_connect(use_task);
    };
    co_return co_await code_of(fn);
}

} // namespace

TETHER_TEST_CASE("TE15 a server accepts several clients, in order") {
    memory_listener listener(executor());
    std::string got;
    auto const body = [&](task_group& group) -> task<> {
        group.spawn(echo_server, std::ref(listener));
        memory_stream a = co_await listener.async_connect(use_task);
        memory_stream b = co_await listener.async_connect(use_task);
        co_await send_text(b, "b");
        co_await send_text(a, "a");
        got += co_await receive_some(a);
        got += co_await receive_some(b);
        group.cancel();
    };
    co_await with_cancellable_task_group(body);
    CHECK(got == "ab");
}

TETHER_TEST_CASE("TE15 accepts wait for connects, and connects for accepts") {
    memory_listener listener(executor());
    memory_stream early = co_await listener.async_connect(use_task);
    CHECK(listener.pending() == 1);
    std::vector<int> order;
    co_await with_task_group([&](task_group& group) -> task<> {
        memory_stream first = co_await listener.async_accept(use_task);
        co_await send_text(early, "hello");
        auto const hello = co_await receive_some(first);
        CHECK(hello == "hello");
        for (int i = 0; i != 3; ++i)
            group.spawn([&, i]() -> task<> {
                memory_stream const s =
                    co_await listener.async_accept(use_task);
                order.push_back(i);
            });
        co_await tether::sleep_for(1s);
        CHECK(order.empty());
        for (int i = 0; i != 3; ++i)
            memory_stream const s = co_await listener.async_connect(use_task);
    });
    CHECK(order == std::vector<int>{0, 1, 2});
}

TETHER_TEST_CASE("TE22 to connect takes a round trip") {
    testing::memory_listener_options options;
    options.link.latency = 30ms;
    memory_listener listener(executor(), options);
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            memory_stream s = co_await listener.async_accept(use_task);
            CHECK(watch.elapsed() == 30ms);
            co_await send_text(s, "x");
            co_await tether::sleep_for(1s);
        });
        memory_stream c = co_await listener.async_connect(use_task);
        CHECK(watch.elapsed() == 60ms);
        co_await receive_some(c);
        CHECK(watch.elapsed() == 60ms);
    });
}

TETHER_TEST_CASE("TE15 a closed listener and a full backlog refuse") {
    testing::memory_listener_options options;
    options.backlog = 1;
    memory_listener listener(executor(), options);
    memory_stream waits = co_await listener.async_connect(use_task);
    auto const full = co_await refused(listener);
    CHECK(full == asio::error::connection_refused);
    listener.close();
    CHECK_FALSE(listener.is_open());
    auto const closed = co_await refused(listener);
    CHECK(closed == asio::error::connection_refused);
    auto const left = co_await receive_all(waits);
    CHECK(left.end == asio::error::connection_reset);
    auto const accept = [&]() -> task<> {
        memory_stream const s = co_await listener.async_accept(use_task);
    };
    auto const code = co_await code_of(accept);
    CHECK(code == asio::error::bad_descriptor);
}

TETHER_TEST_CASE("TE22 attempts are refused or ignored as the test says") {
    memory_listener listener(executor());
    listener.fail_next(testing::connect_fault::refused, 2);
    auto const first = co_await refused(listener);
    auto const second = co_await refused(listener);
    CHECK(first == asio::error::connection_refused);
    CHECK(second == asio::error::connection_refused);
    listener.fail_next(testing::connect_fault::ignored);
    stopwatch const watch;
    auto const ignored = co_await tether::move_on_after(3s, refused(listener));
    CHECK_FALSE(ignored.has_value());
    CHECK(watch.elapsed() == 3s);
    memory_stream const third = co_await listener.async_connect(use_task);
    CHECK(third.is_open());
    CHECK(listener.pending() == 1);
}

TETHER_TEST_CASE("TE15 a cancelled accept takes no connection, a cancelled "
                 "connect leaves none") {
    testing::memory_listener_options options;
    options.link.latency = 10ms;
    memory_listener listener(executor(), options);
    auto const none =
        co_await tether::move_on_after(1s, listener.async_accept(use_task));
    CHECK_FALSE(none.has_value());
    auto const half =
        co_await tether::move_on_after(15ms, listener.async_connect(use_task));
    CHECK_FALSE(half.has_value());
    CHECK(listener.pending() == 1);
    memory_stream s = co_await listener.async_accept(use_task);
    auto const end = co_await receive_all(s);
    CHECK(end.end == asio::error::connection_reset);
}

TETHER_TEST_CASE("TE15 cancelling and closing a listener end the accepts, and "
                 "an attempt outlives it") {
    std::optional<memory_listener> listener;
    testing::memory_listener_options options;
    options.link.latency = 10ms;
    listener.emplace(executor(), options);
    std::vector<error_code> codes;
    auto const accept = [&]() -> task<> {
        memory_stream const s = co_await listener->async_accept(use_task);
    };
    auto const body = [&](task_group& group) -> task<> {
        for (int i = 0; i != 2; ++i)
            group.spawn(
                [&]() -> task<> { codes.push_back(co_await code_of(accept)); });
        co_await tether::checkpoint();
        listener->cancel();
        group.spawn(
            [&]() -> task<> { codes.push_back(co_await refused(*listener)); });
        co_await tether::sleep_for(1ms);
        CHECK(codes.size() == 2);
        listener.reset();
    };
    co_await with_task_group(body);
    REQUIRE(codes.size() == 3);
    CHECK(codes[0] == asio::error::operation_aborted);
    CHECK(codes[1] == asio::error::operation_aborted);
    CHECK(codes[2] == asio::error::connection_refused);
}

TETHER_TEST_CASE("TE15 use_task as the default token of listener and stream") {
    using listener_type =
        tether::use_task_t::as_default_on_t<testing::memory_listener>;
    listener_type listener(executor());
    std::string const text = "hi";
    std::string got(2, '?');
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto s = co_await listener.async_accept();
            co_await s.async_write_some(asio::buffer(text));
        });
        auto c = co_await listener.async_connect();
        co_await c.async_read_some(asio::buffer(got));
    });
    CHECK(got == "hi");
}
