// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Boost.Beast on in-memory streams: a whole HTTP exchange, and the same one
// with something wrong at every byte of the response.

#include "unit/testing/memory_test.hpp"

#include <tether/testing/lockstep_stream.hpp>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <optional>

using namespace tether_test;
using namespace std::chrono_literals;
using testing::make_memory_pair;
using testing::memory_link_options;
using testing::memory_stream;
using tether::this_task::executor;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

static_assert(beast::is_async_stream<memory_stream>::value);
static_assert(
    std::is_same_v<beast::lowest_layer_type<memory_stream>, memory_stream>);

task<> answer(memory_stream& stream) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, use_task);
    http::response<http::string_body> response(http::status::ok, 11);
    response.body() = "you sent " + request.body();
    response.prepare_payload();
    co_await http::async_write(stream, response, use_task);
}

task<std::string> ask(memory_stream& stream) {
    http::request<http::string_body> request(http::verb::post, "/", 11);
    request.body() = "this";
    request.prepare_payload();
    co_await http::async_write(stream, request, use_task);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, use_task);
    co_return response.body();
}

// How an exchange ends when this is wrong with the answers.
struct ending {
    std::string body;
    error_code client;
    bool timed_out = false;
    std::uint64_t answer_size = 0;
};
task<ending> converse(std::optional<testing::link_fault> fault,
                      memory_link_options line = {}) {
    auto [client, server] = make_memory_pair(executor(), line);
    if (fault)
        server.inject(*fault);
    ending end;
    auto const body = [&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const serve = [&] { return answer(server); };
            co_await code_of(serve); // a reset concerns the server too
            end.answer_size = server.bytes_sent();
        });
        auto const request = [&]() -> task<> {
            auto const got = co_await tether::move_on_after(10s, ask(client));
            end.timed_out = !got;
            if (got)
                end.body = *got;
        };
        end.client = co_await code_of(request);
    };
    co_await with_task_group(body);
    co_return end;
}

} // namespace

TETHER_TEST_CASE("TE22 an HTTP exchange by Beast") {
    auto const end = co_await converse(std::nullopt);
    CHECK_FALSE(end.client);
    CHECK(end.body == "you sent this");
    CHECK(end.answer_size > 50);
}

TETHER_TEST_CASE("TE22 an HTTP exchange over a bad line") {
    memory_link_options line;
    line.latency = 20ms;
    line.bandwidth = 10'000;
    line.buffer = 7;
    line.max_write = 3;
    line.max_read = 5;
    line.loss = 0.1;
    stopwatch const watch;
    auto const end = co_await converse(std::nullopt, line);
    CHECK_FALSE(end.client);
    CHECK(end.body == "you sent this");
    CHECK(watch.elapsed() > 100ms);
}

TETHER_TEST_CASE(
    "TE22 a connection that is reset at any byte of the response") {
    auto const whole = co_await converse(std::nullopt);
    for (std::uint64_t k = 0; k != whole.answer_size; ++k) {
        auto const end = co_await converse(testing::reset_at(k));
        CAPTURE(k);
        CHECK(end.client == asio::error::connection_reset);
        CHECK(end.body.empty());
    }
}

TETHER_TEST_CASE("TE22 a response that ends at any byte") {
    auto const whole = co_await converse(std::nullopt);
    for (std::uint64_t k = 0; k != whole.answer_size; ++k) {
        auto const end = co_await converse(testing::eof_at(k));
        CAPTURE(k);
        CHECK(end.client == (k == 0 ? http::error::end_of_stream
                                    : http::error::partial_message));
    }
}

TETHER_TEST_CASE("TE22 a response that stalls at any byte, for a time and for "
                 "ever") {
    auto const whole = co_await converse(std::nullopt);
    for (std::uint64_t k = 0; k != whole.answer_size; ++k) {
        CAPTURE(k);
        auto const slow = co_await converse(testing::stall_at(k, 9s));
        CHECK(slow.body == "you sent this");
        stopwatch const watch;
        auto const stuck = co_await converse(testing::stall_at(k));
        CHECK(stuck.timed_out);
        CHECK(watch.elapsed() == 10s);
    }
}

TETHER_TEST_CASE("TE22 a response with any byte corrupted: an answer, an error "
                 "or a time-out, never a hang") {
    auto const whole = co_await converse(std::nullopt);
    std::size_t errors = 0;
    for (std::uint64_t k = 0; k != whole.answer_size; ++k) {
        auto const end = co_await converse(testing::corrupt_at(k, 0x80));
        CAPTURE(k);
        CHECK(((end.client || end.timed_out) ||
               (end.body != "you sent this" || k < whole.answer_size - 13)));
        errors += end.client ? 1 : 0;
    }
    CHECK(errors > 10); // the status line, at least
}

TETHER_TEST_CASE("TE15 Beast needs no buffer between the ends") {
    auto [client, server] = testing::make_lockstep_pair(executor());
    std::string got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(answer, std::ref(server));
        got = co_await ask(client);
    });
    CHECK(got == "you sent this");
}

TETHER_TEST_CASE("TE22 a WebSocket by Beast, with its closing handshake") {
    auto [client, server] = make_memory_pair(executor());
    beast::websocket::stream<memory_stream> there(std::move(server));
    beast::websocket::stream<memory_stream> here(std::move(client));
    std::string echoed;
    bool closed = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await there.async_accept(use_task);
            beast::flat_buffer buffer;
            co_await there.async_read(buffer, use_task);
            co_await there.async_write(buffer.data(), use_task);
            auto const next = [&]() -> task<> {
                co_await there.async_read(buffer, use_task);
            };
            auto const code = co_await code_of(next);
            closed = code == beast::websocket::error::closed;
        });
        co_await here.async_handshake("localhost", "/", use_task);
        std::string const text = "hello";
        co_await here.async_write(asio::buffer(text), use_task);
        beast::flat_buffer buffer;
        co_await here.async_read(buffer, use_task);
        echoed = beast::buffers_to_string(buffer.data());
        co_await here.async_close(beast::websocket::close_code::normal,
                                  use_task);
    });
    CHECK(echoed == "hello");
    CHECK(closed);
    CHECK_FALSE(beast::get_lowest_layer(here).is_open());
}

TETHER_TEST_CASE(
    "AI15 a cancel reaches an operation that waits for its turn at "
    "a WebSocket") {
    memory_link_options line;
    line.buffer = 512;
    auto [client, server] = make_memory_pair(executor(), line);
    beast::websocket::stream<memory_stream> there(std::move(server));
    beast::websocket::stream<memory_stream> here(std::move(client));
    std::string const large(4096, 'x');
    event_log log;
    auto const body = [&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await there.async_accept(use_task);
            co_await tether::sleep_forever(); // and does not read
        });
        co_await here.async_handshake("localhost", "/", use_task);
        group.spawn([&]() -> task<> {
            co_await here.async_write(asio::buffer(large), use_task);
        });
        auto ping = group.spawn([&]() -> task<> {
            exit_note const note(log, "stopped");
            co_await here.async_ping(beast::websocket::ping_data(), use_task);
            log("pinged");
        });
        co_await tether::checkpoint();
        ping.cancel();
        // Time passes only once Beast has let go of the operation.
        co_await tether::sleep_for(1s);
        CHECK(log.text() == "stopped");
        group.cancel();
    };
    co_await with_cancellable_task_group(body);
}
