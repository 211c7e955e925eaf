// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Two connected in-memory streams: bytes, their ends, waiting, cancelling.

#include "unit/testing/memory_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/task/from_awaitable.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <optional>
#include <vector>

using namespace tether_test;
using namespace std::chrono_literals;
using testing::make_memory_pair;
using testing::memory_stream;

namespace {

asio::awaitable<std::string> answer(memory_stream& stream) {
    std::string text(5, '?');
    co_await asio::async_read(stream, asio::buffer(text), asio::use_awaitable);
    co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
    co_return text;
}

} // namespace

TETHER_TEST_CASE("TE15 a connected pair carries bytes both ways, in order") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    std::string big(300000, ' ');
    for (std::size_t i = 0; i != big.size(); ++i)
        big[i] = static_cast<char>('a' + i * 7 % 26);
    std::string there;
    std::string back;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_text, std::ref(left), big);
        group.spawn(send_text, std::ref(right), big + "!");
        group.spawn(
            [&]() -> task<> { there = co_await receive(right, big.size()); });
        back = co_await receive(left, big.size() + 1);
    });
    CHECK(there == big);
    CHECK(back == big + "!");
}

TETHER_TEST_CASE("TE15 a read waits for a byte and gives what there is") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    std::string got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { got = co_await receive_some(right); });
        co_await tether::sleep_for(1h);
        CHECK(got.empty());
        co_await send_text(left, "abc");
    });
    CHECK(got == "abc");
    co_await send_text(left, "defg");
    CHECK(right.available() == 4);
    auto const first = co_await receive_some(right, 3);
    auto const rest = co_await receive_some(right, 3);
    CHECK(first + "|" + rest == "def|g");
}

TETHER_TEST_CASE("TE15 buffer sequences are gathered and scattered; empty ones "
                 "end at once") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    std::string const a = "ab";
    std::string const b;
    std::string const c = "cde";
    std::array<asio::const_buffer, 3> const out{
        asio::buffer(a), asio::buffer(b), asio::buffer(c)};
    auto const sent = co_await left.async_write_some(out, use_task);
    CHECK(sent == 5);
    std::array<char, 3> x{};
    std::array<char, 2> y{};
    std::array<asio::mutable_buffer, 2> const in{asio::buffer(x),
                                                 asio::buffer(y)};
    auto const got = co_await right.async_read_some(in, use_task);
    CHECK(got == 5);
    CHECK(std::string(x.data(), 3) + std::string(y.data(), 2) == "abcde");
    auto const none =
        co_await right.async_read_some(asio::mutable_buffer(), use_task);
    auto const nothing =
        co_await left.async_write_some(asio::const_buffer(), use_task);
    CHECK(none == 0);
    CHECK(nothing == 0);
}

TETHER_TEST_CASE("TE15 a write waits while the buffer is full") {
    testing::memory_link_options line;
    line.buffer = 4;
    auto [left, right] = make_memory_pair(tether::this_task::executor(), line);
    bool sent = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await send_text(left, "abcdefgh");
            sent = true;
        });
        co_await tether::sleep_for(1s);
        CHECK_FALSE(sent);
        CHECK(left.bytes_sent() == 4);
        auto const first = co_await receive_some(right, 1);
        CHECK(first == "a");
        CHECK(left.bytes_sent() == 5);
        auto const all = co_await receive(right, 7);
        CHECK(all == "bcdefgh");
    });
    CHECK(sent);
}

TETHER_TEST_CASE("TE22 half-close: the other direction goes on") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    co_await send_text(left, "last");
    left.shutdown(memory_stream::shutdown_type::shutdown_send);
    auto const all = co_await receive_all(right);
    CHECK(all.text == "last");
    CHECK(all.end == asio::error::eof);
    auto const late = [&]() { return send_text(left, "x"); };
    auto const code = co_await code_of(late);
    CHECK(code == asio::error::broken_pipe);
    co_await send_text(right, "still");
    auto const answer = co_await receive_some(left);
    CHECK(answer == "still");
}

TETHER_TEST_CASE("TE15 closing ends both sides' operations") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    error_code own;
    error_code others;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const fn = [&] { return receive_some(left); };
            own = co_await code_of(fn);
        });
        group.spawn([&]() -> task<> {
            auto const fn = [&] { return receive_some(right); };
            others = co_await code_of(fn);
        });
        co_await tether::sleep_for(1s);
        left.close();
    });
    CHECK(own == asio::error::operation_aborted);
    CHECK(others == asio::error::eof);
    CHECK_FALSE(left.is_open());
    CHECK(right.is_open());
    auto const read = [&] { return receive_some(left); };
    auto const write = [&] { return send_text(right, "x"); };
    auto const closed = co_await code_of(read);
    auto const gone = co_await code_of(write);
    CHECK(closed == asio::error::bad_descriptor);
    CHECK(gone == asio::error::broken_pipe);
}

TETHER_TEST_CASE("TE15 a cancelled read has read nothing, a cancelled write "
                 "has written nothing") {
    testing::memory_link_options line;
    line.buffer = 2;
    auto [left, right] = make_memory_pair(tether::this_task::executor(), line);
    auto const read = co_await tether::move_on_after(1s, receive_some(right));
    CHECK_FALSE(read.has_value());
    co_await send_text(left, "ab");
    std::string const more = "xy";
    auto const wrote = co_await tether::move_on_after(
        1s, left.async_write_some(asio::buffer(more), use_task));
    CHECK_FALSE(wrote.has_value());
    CHECK(left.bytes_sent() == 2);
    auto const all = co_await receive(right, 2);
    CHECK(all == "ab");
    co_await send_text(left, "c");
    auto const next = co_await receive_some(right);
    CHECK(next == "c");
}

TETHER_TEST_CASE("TE15 cancel() ends what waits, each type of a slot does") {
    auto [left, right] = make_memory_pair(tether::this_task::executor());
    char byte = 0;
    std::vector<error_code> ends;
    auto const note = [&](error_code code, std::size_t n) {
        CHECK(n == 0);
        ends.push_back(code);
    };
    left.async_read_some(asio::buffer(&byte, 1), note);
    CHECK(ends.empty());
    left.cancel();
    CHECK(ends.empty()); // never from inside the call
    co_await tether::sleep_for(1s);
    CHECK(ends.size() == 1);
    for (auto const type :
         {asio::cancellation_type::terminal, asio::cancellation_type::partial,
          asio::cancellation_type::total}) {
        asio::cancellation_signal signal;
        left.async_read_some(asio::buffer(&byte, 1),
                             asio::bind_cancellation_slot(signal.slot(), note));
        signal.emit(type);
        signal.emit(type);
        co_await tether::sleep_for(1s);
    }
    REQUIRE(ends.size() == 4);
    for (auto const& code : ends)
        CHECK(code == asio::error::operation_aborted);
    co_await send_text(right, "z");
    auto const later = co_await receive_some(left);
    CHECK(later == "z");
}

TETHER_TEST_CASE("TE15 code of asio::awaitable uses the streams, in virtual "
                 "time too") {
    testing::memory_link_options line;
    line.latency = 10s;
    auto [left, right] = make_memory_pair(tether::this_task::executor(), line);
    stopwatch const watch;
    std::string echoed;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { echoed = co_await answer(right); });
        co_await send_text(left, "hello");
        auto const back = co_await receive(left, 5);
        CHECK(back == "hello");
    });
    CHECK(echoed == "hello");
    CHECK(watch.elapsed() == 20s);
}

TETHER_TEST_CASE("TE15 a second read or write while one waits is an error") {
    testing::memory_link_options line;
    line.buffer = 1;
    auto [left, right] = make_memory_pair(tether::this_task::executor(), line);
    auto const body = [&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { co_await receive_some(left); });
        group.spawn([&]() -> task<> { co_await send_text(left, "ab"); });
        co_await tether::sleep_for(1s);
        bool read = false;
        try {
            co_await receive_some(left);
        } catch (std::logic_error const&) {
            read = true;
        }
        bool write = false;
        try {
            co_await send_text(left, "c");
        } catch (std::logic_error const&) {
            write = true;
        }
        CHECK(read);
        CHECK(write);
        group.cancel();
    };
    co_await with_cancellable_task_group(body);
    auto const got = co_await receive_some(right);
    CHECK(got == "a");
}

TEST_CASE("TE15 a read that nobody can end is a deadlock, not a hang") {
    CHECK_THROWS_AS(run_virtual([]() -> task<> {
                        auto pair =
                            make_memory_pair(tether::this_task::executor());
                        co_await receive_some(pair.first);
                    }),
                    tether::deadlock_error);
}

TEST_CASE("TE15 a context that is destroyed drops what waits on a stream") {
    std::ptrdiff_t const before = tether::detail::frame_pool::live();
    auto token = std::make_shared<int>(0);
    std::weak_ptr<int> const alive = token;
    std::optional<testing::memory_stream_pair> outlives;
    {
        asio::io_context io(1);
        outlives.emplace(make_memory_pair(io.get_executor()));
        tether::co_spawn(
            io.get_executor(),
            [&, token = std::move(token)]() -> task<> {
                auto own = make_memory_pair(tether::this_task::executor());
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn(
                        [&]() -> task<> { co_await receive_some(own.first); });
                    co_await receive_some(outlives->first);
                });
            },
            asio::detached);
        io.poll();
        CHECK_FALSE(alive.expired());
    }
    CHECK(alive.expired());
    CHECK(tether::detail::frame_pool::live() == before);
    CHECK_FALSE(outlives->first.is_open());
}
