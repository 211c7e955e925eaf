// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "service.hpp"

#include <tether/combine/race.hpp>
#include <tether/core/errors.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>
#include <optional>
#include <string_view>

namespace http_service {
namespace {

namespace asio = boost::asio;
namespace http = web::beast::http;
using asio::ip::tcp;
using tether::task;
using tether::use_task;

// Until the client has closed its side of the connection. Bytes that arrive
// meanwhile are its next request: then nobody watches any more.
task<std::optional<web::response>> gone(tcp::socket& socket) {
    co_await socket.async_wait(tcp::socket::wait_read, use_task);
    char byte = 0;
    boost::system::error_code error;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    if (!error)
        co_await tether::sleep_forever();
    co_return std::nullopt;
}

task<std::optional<web::response>> present(task<web::response> handled) {
    co_return co_await std::move(handled);
}

} // namespace

task<> service::serve(tcp::acceptor acceptor) {
    tether::serve_options options;
    options.max_connections = max_connections_;
    auto const did = co_await tether::serve_tcp(
        std::move(acceptor),
        [this](tcp::socket socket) { return session(std::move(socket)); },
        options);
    static_cast<void>(did);
}

// Between two requests a connection is idle, and a soft cancel ends it.
task<> service::session(tcp::socket socket) {
    web::beast::flat_buffer buffer;
    bool goes_on = true;
    while (goes_on) {
        web::request received;
        try {
            auto const read = co_await tether::soft_cancellable(
                http::async_read(socket, buffer, received, use_task));
            if (!read)
                co_return;
        } catch (boost::system::system_error const&) {
            co_return; // it has no more, or it is not HTTP
        }
        goes_on = co_await respond(socket, received);
    }
}

// Result: whether the connection can carry another request.
task<bool> service::respond(tcp::socket& socket, web::request const& received) {
    auto reply = co_await tether::race(present(handle(received)), gone(socket));
    if (!reply) {
        ++seen_.abandoned;
        co_return false;
    }
    bool const goes_on =
        received.keep_alive() && !tether::this_task::cancel_requested();
    reply->keep_alive(goes_on);
    try {
        co_await http::async_write(socket, *reply, use_task);
    } catch (boost::system::system_error const&) {
        ++seen_.abandoned;
        co_return false;
    }
    switch (reply->result()) {
    case web::status::gateway_timeout:
        ++seen_.timed_out;
        break;
    case web::status::internal_server_error:
        ++seen_.failed;
        break;
    default:
        ++seen_.answered;
    }
    co_return goes_on;
}

task<web::response> service::handle(web::request const& received) {
    auto const target = received.target();
    auto const found =
        routes_.find(std::string_view(target.data(), target.size()));
    if (found == routes_.end())
        co_return web::make_response(web::status::not_found, "not here\n");
    page const& asked = found->second;
    try {
        co_return co_await tether::fail_after(asked.limit, "request",
                                              asked.make(received));
    } catch (tether::timeout_error const&) {
        co_return web::make_response(web::status::gateway_timeout,
                                     "took too long\n");
    } catch (std::exception const& e) {
        co_return web::make_response(web::status::internal_server_error,
                                     std::string(e.what()) + '\n');
    }
}

} // namespace http_service
