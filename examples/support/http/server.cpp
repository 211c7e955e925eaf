// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/server.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using tether::task;
using tether::use_task;

// The next request; none when the client has no more or went away.
task<std::optional<request>> receive(tcp::socket& socket,
                                     beast::flat_buffer& buffer) {
    request message;
    try {
        co_await beast::http::async_read(socket, buffer, message, use_task);
    } catch (boost::system::system_error const&) {
        co_return std::nullopt;
    }
    co_return std::move(message);
}

task<> session(tcp::socket socket, handler const& handle) {
    beast::flat_buffer buffer;
    for (;;) {
        auto const received = co_await receive(socket, buffer);
        if (!received)
            co_return;
        exchange open(socket, *received);
        try {
            co_await handle(open);
        } catch (boost::system::system_error const&) {
            co_return; // the client did not wait for the answer
        }
        if (!open.keeps_open())
            co_return;
    }
}

} // namespace

task<> exchange::reply(response message) {
    message.keep_alive(received_->keep_alive());
    co_await beast::http::async_write(*socket_, message, use_task);
    keeps_open_ = message.keep_alive();
}

task<> exchange::reply_partly(response message, std::size_t bytes) {
    message.keep_alive(false);
    beast::http::response_serializer<beast::http::string_body> head(message);
    co_await beast::http::async_write_header(*socket_, head, use_task);
    std::string_view const body = message.body();
    co_await asio::async_write(
        *socket_, asio::buffer(body.data(), std::min(bytes, body.size())),
        use_task);
}

task<> serve(tether::start_signal<unsigned short> started, handler handle) {
    tcp::acceptor acceptor(tether::this_task::executor(),
                           {asio::ip::address_v4::loopback(), 0});
    started(acceptor.local_endpoint().port());
    co_await tether::with_task_group(
        {.name = "sessions"}, [&](tether::task_group& sessions) -> task<> {
            for (;;) {
                tcp::socket socket = co_await acceptor.async_accept(use_task);
                sessions.spawn(session, std::move(socket), std::cref(handle));
            }
        });
}

} // namespace web
