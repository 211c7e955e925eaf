// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// In-memory streams as networks are: slow, lossy, and broken at some byte.

#include "unit/testing/memory_test.hpp"

#include <tether/testing/lockstep_stream.hpp>

using namespace tether_test;
using namespace std::chrono_literals;
using testing::make_memory_pair;
using testing::memory_link_options;
using testing::memory_stream;
using tether::this_task::executor;

TETHER_TEST_CASE("TE22 latency: a byte arrives later, also the end") {
    memory_link_options line;
    line.latency = 50ms;
    auto [left, right] = make_memory_pair(executor(), line);
    stopwatch const watch;
    co_await send_text(left, "ping");
    CHECK(watch.elapsed() == 0ms);
    auto const ping = co_await receive(right, 4);
    CHECK(watch.elapsed() == 50ms);
    co_await send_text(right, ping);
    co_await receive(left, 4);
    CHECK(watch.elapsed() == 100ms);
    left.close();
    auto const rest = co_await receive_all(right);
    CHECK(rest.end == asio::error::eof);
    CHECK(watch.elapsed() == 150ms);
}

TETHER_TEST_CASE("TE22 latency delays, it does not thin out: bytes on the way "
                 "do not wait for each other") {
    memory_link_options line;
    line.latency = 1s;
    auto [left, right] = make_memory_pair(executor(), line);
    stopwatch const watch;
    co_await send_text(left, "a");
    co_await tether::sleep_for(400ms);
    co_await send_text(left, "b");
    auto const first = co_await receive_some(right);
    CHECK(watch.elapsed() == 1000ms);
    auto const second = co_await receive_some(right);
    CHECK(watch.elapsed() == 1400ms);
    CHECK(first + second == "ab");
}

TETHER_TEST_CASE("TE22 bandwidth: a megabyte takes its time") {
    memory_link_options line;
    line.bandwidth = 100'000;
    line.buffer = 10'000;
    auto [left, right] = make_memory_pair(executor(), line);
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_text, std::ref(left), std::string(1'000'000, 'x'));
        auto const all = co_await receive(right, 1'000'000);
        CHECK(all == std::string(1'000'000, 'x'));
    });
    CHECK(watch.elapsed() >= 9999ms);
    CHECK(watch.elapsed() <= 10100ms);
}

TETHER_TEST_CASE("TE22 partial writes and reads") {
    memory_link_options line;
    line.max_write = 3;
    line.max_read = 2;
    auto [left, right] = make_memory_pair(executor(), line);
    std::string const text = "abcdefgh";
    auto const n = co_await left.async_write_some(asio::buffer(text), use_task);
    CHECK(n == 3);
    co_await send_text(left, "defgh");
    auto const some = co_await receive_some(right);
    CHECK(some == "ab");
    auto const rest = co_await receive(right, 6);
    CHECK(rest == "cdefgh");
}

TETHER_TEST_CASE(
    "TE22 reset at every byte: what came before is read, then both "
    "sides have connection_reset") {
    for (std::size_t k = 0; k != 6; ++k) {
        auto [left, right] = make_memory_pair(executor());
        left.inject(testing::reset_at(k));
        error_code sent;
        error_code back;
        received got;
        auto const body = [&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                auto const fn = [&] { return send_text(left, "abcdef"); };
                sent = co_await code_of(fn);
            });
            group.spawn([&]() -> task<> {
                auto const fn = [&] { return receive_some(left); };
                back = co_await code_of(fn);
            });
            got = co_await receive_all(right);
        };
        co_await with_task_group(body);
        CHECK(got.text == std::string("abcdef").substr(0, k));
        CHECK(got.end == asio::error::connection_reset);
        CHECK(sent == asio::error::connection_reset);
        CHECK(back == asio::error::connection_reset);
        auto const late = [&] { return send_text(right, "x"); };
        auto const code = co_await code_of(late);
        CHECK(code == asio::error::connection_reset);
    }
}

TETHER_TEST_CASE("TE22 end of stream at a byte: the sender is not told") {
    auto [left, right] = make_memory_pair(executor());
    left.inject(testing::eof_at(3));
    co_await send_text(left, "abcdef");
    co_await send_text(left, "ghi");
    CHECK(left.bytes_sent() == 9);
    auto const got = co_await receive_all(right);
    CHECK(got.text == "abc");
    CHECK(got.end == asio::error::eof);
    co_await send_text(right, "back");
    auto const back = co_await receive_some(left);
    CHECK(back == "back");
}

TETHER_TEST_CASE("TE22 a byte is corrupted, the others are not") {
    auto [left, right] = make_memory_pair(executor());
    left.inject(testing::corrupt_at(1, 0x20));
    left.inject(testing::corrupt_at(4, 0x20));
    co_await send_text(left, "abc");
    co_await send_text(left, "def");
    auto const got = co_await receive(right, 6);
    CHECK(got == "aBcdEf");
}

TETHER_TEST_CASE("TE22 loss is a stall: nothing is missing, all is later") {
    memory_link_options line;
    line.loss = 0.25;
    line.retransmission = 200ms;
    auto [left, right] = make_memory_pair(executor(), line);
    auto [left2, right2] = make_memory_pair(executor(), line);
    std::string text(50'000, 'x');
    for (std::size_t i = 0; i < text.size(); i += 3)
        text[i] = static_cast<char>('a' + i % 26);
    stopwatch const watch;
    co_await send_text(left, text);
    auto const got = co_await receive(right, text.size());
    CHECK(got == text);
    auto const time = watch.elapsed();
    CHECK(time == 200ms);
    stopwatch const again;
    co_await send_text(left2, text);
    auto const first = co_await receive_some(right2);
    auto const after = again.elapsed();
    co_await receive(right2, text.size() - first.size());
    CHECK(after <= again.elapsed());
    CHECK(again.elapsed() == time); // the same seed
}

TETHER_TEST_CASE("TE22 a stall at a byte holds up what follows; without an end "
                 "a deadline helps") {
    auto [left, right] = make_memory_pair(executor());
    left.inject(testing::stall_at(2, 5s));
    stopwatch const watch;
    co_await send_text(left, "abcd");
    left.close();
    auto const first = co_await receive_some(right);
    CHECK(first == "ab");
    CHECK(watch.elapsed() == 0s);
    auto const rest = co_await receive_all(right);
    CHECK(rest.text == "cd");
    CHECK(watch.elapsed() == 5s);

    auto [near, far] = make_memory_pair(executor());
    near.inject(testing::stall_at(0));
    co_await send_text(near, "never");
    near.close();
    auto const got = co_await tether::move_on_after(1h, receive_some(far));
    CHECK_FALSE(got.has_value());
}

TETHER_TEST_CASE("TE15 in lockstep a write ends when it was read") {
    auto [left, right] = testing::make_lockstep_pair(executor());
    bool written = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await send_text(left, "abc");
            written = true;
        });
        co_await tether::sleep_for(1s);
        CHECK_FALSE(written);
        auto const some = co_await receive(right, 2);
        CHECK(some == "ab");
        co_await tether::sleep_for(1s);
        CHECK_FALSE(written);
        auto const last = co_await receive(right, 1);
        CHECK(last == "c");
    });
    CHECK(written);
    // A cancelled write takes back what nobody has read.
    std::string const text = "xyz";
    auto const none = co_await tether::move_on_after(
        1s, left.async_write_some(asio::buffer(text), use_task));
    CHECK_FALSE(none.has_value());
    std::size_t n = 0;
    auto const body = [&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            n = co_await left.async_write_some(asio::buffer(text), use_task);
        });
        auto const x = co_await receive(right, 1);
        CHECK(x == "x");
        group.cancel();
    };
    co_await with_cancellable_task_group(body);
    CHECK(n == 1);
    CHECK(right.available() == 0);
}

TETHER_TEST_CASE("TE15 pump moves bytes by hand, and the end after them") {
    memory_link_options line;
    line.manual = true;
    auto [left, right] = make_memory_pair(executor(), line);
    co_await send_text(left, "abcdef");
    left.shutdown(memory_stream::shutdown_type::shutdown_send);
    auto const none = co_await tether::move_on_after(1h, receive_some(right));
    CHECK_FALSE(none.has_value());
    CHECK(left.pump(4) == 4);
    auto const some = co_await receive_some(right);
    CHECK(some == "abcd");
    CHECK(left.pump(2) == 2);
    auto const rest = co_await receive_some(right);
    CHECK(rest == "ef");
    auto const still = co_await tether::move_on_after(1h, receive_some(right));
    CHECK_FALSE(still.has_value());
    CHECK(left.pump() == 0);
    auto const end = co_await receive_all(right);
    CHECK(end.end == asio::error::eof);
}

TETHER_TEST_CASE("TE22 options without sense are refused") {
    memory_link_options line;
    line.buffer = 0;
    CHECK_THROWS_AS(make_memory_pair(executor(), line), std::invalid_argument);
    line = {};
    line.latency = -1s;
    CHECK_THROWS_AS(make_memory_pair(executor(), line), std::invalid_argument);
    memory_stream unconnected(executor());
    CHECK_THROWS_AS(unconnected.inject(testing::reset_at(0)), std::logic_error);
    auto const read = [&] { return receive_some(unconnected); };
    auto const code = co_await code_of(read);
    CHECK(code == asio::error::bad_descriptor);
}
