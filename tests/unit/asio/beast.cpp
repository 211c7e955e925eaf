// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Boost.Beast, a large library of composed operations, under use_task.

#include "unit/asio/asio_test.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <string>

using namespace tether_test;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

task<> answer_once(tcp::socket& socket) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, use_task);
    http::response<http::string_body> response(http::status::ok, 11);
    response.body() = "you sent " + request.body();
    response.prepare_payload();
    co_await http::async_write(socket, response, use_task);
}

} // namespace

TETHER_ASIO_CASE("CX13 a request and its response with Beast") {
    socket_pair sockets(tether::this_task::executor());
    std::string got;
    auto body = [&](task_group& g) -> task<> {
        g.spawn(answer_once, std::ref(sockets.right));
        http::request<http::string_body> request(http::verb::post, "/", 11);
        request.body() = "this";
        request.prepare_payload();
        co_await http::async_write(sockets.left, request, use_task);
        beast::flat_buffer buffer;
        http::response<http::string_body> response;
        co_await http::async_read(sockets.left, buffer, response, use_task);
        got = response.body();
    };
    co_await tether::with_task_group(body);
    CHECK(got == "you sent this");
}

TETHER_ASIO_CASE("AI15 a cancel reaches the socket below Beast's streams") {
    socket_pair sockets(tether::this_task::executor());
    beast::tcp_stream stream(std::move(sockets.left));
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    auto const done = co_await tether::move_on_after(
        2ms, http::async_read(stream, buffer, request, use_task));
    CHECK(!done.has_value());
}
