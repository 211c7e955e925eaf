// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// asio::async_write to a socket that has room is done at once, and is in
// everything else the operation it would have been.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace tether_test;
using boost::system::system_error;

namespace {

std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    return text;
}

// Reads `size` bytes and compares them.
task<> expect(tcp::socket& from, std::string const& text) {
    std::string got(text.size(), '-');
    co_await asio::async_read(from, asio::buffer(got), use_task);
    CHECK((got == text));
}

} // namespace

TETHER_ASIO_CASE(
    "RU32 a write that the kernel takes at once lets no other task "
    "run, until the budget is used up") {
    socket_pair sockets(tether::this_task::executor());
    int turns = 0;
    int before_first_turn = 0;
    auto body = [&](task_group& g) -> task<> {
        auto other = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                ++turns;
                co_await tether::checkpoint();
            }
        };
        g.spawn(other);
        for (int i = 0; i < 200; ++i) {
            std::size_t const n = co_await asio::async_write(
                sockets.left, asio::buffer("x", 1), use_task);
            CHECK(n == 1);
            before_first_turn += turns == 0 ? 1 : 0;
        }
        CHECK(turns > 0);
    };
    co_await tether::with_task_group(body);
    CHECK(before_first_turn >= 60);
    CHECK(before_first_turn <= 64);
    co_await expect(sockets.right, std::string(200, 'x'));
}

TETHER_ASIO_CASE("RU33 a task that does nothing but write lets the handlers of "
                 "Asio run after at most 64 writes") {
    socket_pair sockets(tether::this_task::executor());
    int written = 0;
    int seen = -1;
    asio::post(tether::this_task::executor(), [&] { seen = written; });
    while (seen < 0) {
        co_await asio::async_write(sockets.left, asio::buffer("x", 1),
                                   use_task);
        ++written;
        if (written > 1000)
            break;
    }
    CHECK(seen >= 0);
    CHECK(seen <= 65);
}

TETHER_ASIO_CASE("CX13 what the kernel does not take at once is written when "
                 "there is room") {
    socket_pair sockets(tether::this_task::executor());
    sockets.left.set_option(asio::socket_base::send_buffer_size(8192));
    std::string const text = pattern(60000);
    std::string all;
    for (int i = 0; i < 20; ++i)
        all += text;
    auto body = [&](task_group& g) -> task<> {
        g.spawn(expect, std::ref(sockets.right), std::cref(all));
        for (int i = 0; i < 20; ++i) {
            std::size_t const n = co_await asio::async_write(
                sockets.left, asio::buffer(text), use_task);
            CHECK(n == text.size());
        }
    };
    co_await tether::with_task_group(body);
}

TETHER_ASIO_CASE("CX13 the same for writes of several buffers, of which some "
                 "are empty") {
    socket_pair sockets(tether::this_task::executor());
    sockets.left.set_option(asio::socket_base::send_buffer_size(8192));
    std::string const text = pattern(50000);
    std::string all;
    for (int i = 0; i < 20; ++i)
        all += text;
    auto body = [&](task_group& g) -> task<> {
        g.spawn(expect, std::ref(sockets.right), std::cref(all));
        for (int i = 0; i < 10; ++i) {
            std::array<asio::const_buffer, 3> const two{
                asio::buffer(text.data(), 40000), asio::const_buffer(),
                asio::buffer(text.data() + 40000, 10000)};
            std::size_t n =
                co_await asio::async_write(sockets.left, two, use_task);
            CHECK(n == text.size());
            std::vector<asio::const_buffer> many;
            for (std::size_t at = 0; at < text.size(); at += 1000)
                many.push_back(asio::buffer(text.data() + at, 1000));
            n = co_await asio::async_write(sockets.left, many, use_task);
            CHECK(n == text.size());
        }
    };
    co_await tether::with_task_group(body);
}

TETHER_ASIO_CASE("CX13 writes of nothing, of much, and with a condition") {
    socket_pair sockets(tether::this_task::executor());
    std::string const text = pattern(1000000);
    std::size_t n = co_await asio::async_write(
        sockets.left, asio::buffer(text.data(), 0), use_task);
    CHECK(n == 0);
    n = co_await asio::async_write(sockets.left, asio::buffer(text, 1000),
                                   asio::transfer_exactly(10), use_task);
    CHECK(n == 10);
    std::string const all = text.substr(0, 10) + text;
    auto body = [&](task_group& g) -> task<> {
        g.spawn(expect, std::ref(sockets.right), std::cref(all));
        std::size_t const much = co_await asio::async_write(
            sockets.left, asio::buffer(text), use_task);
        CHECK(much == text.size());
    };
    co_await tether::with_task_group(body);
}

TETHER_ASIO_CASE("CX13 a deferred write, a local socket and a socket with "
                 "use_task as its default token are no different") {
    socket_pair sockets(tether::this_task::executor());
    std::size_t n = co_await asio::async_write(
        sockets.left, asio::buffer("one", 3), asio::deferred);
    CHECK(n == 3);
    auto with_default =
        tether::use_task_t::as_default_on(std::move(sockets.left));
    n = co_await asio::async_write(with_default, asio::buffer("two", 3));
    CHECK(n == 3);
    co_await expect(sockets.right, "onetwo");

    using local = asio::local::stream_protocol;
    local::socket a(tether::this_task::executor());
    local::socket b(tether::this_task::executor());
    asio::local::connect_pair(a, b);
    n = co_await asio::async_write(a, asio::buffer("three", 5), use_task);
    CHECK(n == 5);
    CHECK(b.available() == 5);
}

TETHER_ASIO_CASE("CX13 a write to a closed socket fails like any operation") {
    socket_pair sockets(tether::this_task::executor());
    sockets.right.close();
    boost::system::error_code last;
    for (int i = 0; i < 100 && !last; ++i) {
        try {
            co_await asio::async_write(sockets.left, asio::buffer("x", 1),
                                       use_task);
        } catch (system_error const& e) {
            last = e.code();
        }
        co_await tether::checkpoint();
    }
    CHECK((last == asio::error::broken_pipe ||
           last == asio::error::connection_reset));
    sockets.left.close();
    last.clear();
    try {
        co_await asio::async_write(sockets.left, asio::buffer("x", 1),
                                   use_task);
    } catch (system_error const& e) {
        last = e.code();
    }
    CHECK(last == asio::error::bad_descriptor);
}

TETHER_ASIO_CASE("AI07 in a cancelled scope nothing is written") {
    socket_pair sockets(tether::this_task::executor());
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await asio::async_write(sockets.left, asio::buffer("x", 1),
                                   use_task);
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(sockets.right.available() == 0);
}

TETHER_ASIO_CASE("AI15 a cancel reaches a write that waits for room") {
    socket_pair sockets(tether::this_task::executor());
    std::string const text = pattern(60000);
    auto fill = [&]() -> task<> {
        for (;;)
            co_await asio::async_write(sockets.left, asio::buffer(text),
                                       use_task);
    };
    bool const finished = co_await tether::move_on_after(20ms, fill);
    CHECK(!finished);
    CHECK(sockets.right.available() > 0);
}
