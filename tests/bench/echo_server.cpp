// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W10: an echo server, written in five ways, that serves a given number of
// connections and ends. It prints its port first.
//
//   tether     a group that accepts and spawns
//   serve_tcp  the same with a limit, statistics, and errors that stay alone
//   draining   serve_tcp, and a soft cancel ends the reads that are idle
//   awaitable  asio::awaitable and co_spawn
//   callbacks  handlers of Asio, each session owned by its own handler

#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/task/run.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using tcp =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
using acceptor =
    asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

namespace {

constexpr std::size_t message = 64;

acceptor listen(asio::io_context& io) {
    acceptor a(io, {asio::ip::address_v4::loopback(), 0});
    std::printf("%u\n", static_cast<unsigned>(a.local_endpoint().port()));
    std::fflush(stdout);
    return a;
}

tether::task<> session(tcp socket) {
    char data[message];
    try {
        for (;;) {
            std::size_t const n = co_await socket.async_read_some(
                asio::buffer(data), tether::use_task);
            co_await asio::async_write(socket, asio::buffer(data, n),
                                       tether::use_task);
        }
    } catch (boost::system::system_error const&) { // the client has gone
    }
}

tether::task<> serve(asio::io_context& io, int connections) {
    acceptor a = listen(io);
    co_await tether::with_task_group(
        [&](tether::task_group& group) -> tether::task<> {
            for (int i = 0; i < connections; ++i)
                group.spawn(session,
                            co_await a.async_accept(io, tether::use_task));
        });
}

tether::task<> draining_session(tcp socket) {
    char data[message];
    try {
        while (
            auto const n = co_await tether::soft_cancellable(
                socket.async_read_some(asio::buffer(data), tether::use_task)))
            co_await asio::async_write(socket, asio::buffer(data, *n),
                                       tether::use_task);
    } catch (boost::system::system_error const&) {
    }
}

// The end of the last connection is its soft cancel.
tether::task<> serve_service(asio::io_context& io, int connections,
                             tether::task<> (*handle)(tcp)) {
    tether::cancel_scope scope;
    auto const handler = [&](tcp socket) -> tether::task<> {
        co_await handle(std::move(socket));
        if (--connections == 0)
            scope.cancel_soft(std::chrono::hours(1));
    };
    auto const service = [&](tether::cancel_scope&) -> tether::task<> {
        auto const did = co_await tether::serve_tcp(listen(io), handler);
        static_cast<void>(did);
    };
    co_await tether::with_cancel_scope(scope, service);
}

asio::awaitable<void> asio_session(tcp socket) {
    char data[message];
    try {
        for (;;) {
            std::size_t const n = co_await socket.async_read_some(
                asio::buffer(data), asio::use_awaitable);
            co_await asio::async_write(socket, asio::buffer(data, n),
                                       asio::use_awaitable);
        }
    } catch (boost::system::system_error const&) {
    }
}

asio::awaitable<void> asio_serve(asio::io_context& io, int connections) {
    acceptor a = listen(io);
    for (int i = 0; i < connections; ++i) {
        tcp socket = co_await a.async_accept(io, asio::use_awaitable);
        asio::co_spawn(io, asio_session(std::move(socket)), asio::detached);
    }
}

class callback_session : public std::enable_shared_from_this<callback_session> {
public:
    explicit callback_session(tcp socket) : socket_(std::move(socket)) {}

    void read() {
        socket_.async_read_some(
            asio::buffer(data_),
            [self = shared_from_this()](boost::system::error_code const& error,
                                        std::size_t n) {
                if (!error)
                    self->write(n);
            });
    }

private:
    void write(std::size_t n) {
        asio::async_write(
            socket_, asio::buffer(data_, n),
            [self = shared_from_this()](boost::system::error_code const& error,
                                        std::size_t) {
                if (!error)
                    self->read();
            });
    }

    tcp socket_;
    char data_[message];
};

void callback_accept(acceptor& a, int connections) {
    if (connections == 0)
        return;
    a.async_accept(
        [&a, connections](boost::system::error_code const& error, tcp socket) {
            if (error)
                return;
            std::make_shared<callback_session>(std::move(socket))->read();
            callback_accept(a, connections - 1);
        });
}

} // namespace

int main(int argc, char** argv) {
    std::string_view const mode = argc == 3 ? argv[1] : "";
    int const connections = argc == 3 ? std::atoi(argv[2]) : 0;
    asio::io_context io(1);
    if (connections <= 0) {
        // falls to the usage
    } else if (mode == "tether") {
        tether::run(io, serve, std::ref(io), connections);
        return 0;
    } else if (mode == "serve_tcp") {
        tether::run(io, serve_service, std::ref(io), connections, session);
        return 0;
    } else if (mode == "draining") {
        tether::run(io, serve_service, std::ref(io), connections,
                    draining_session);
        return 0;
    } else if (mode == "awaitable") {
        asio::co_spawn(io, asio_serve(io, connections), asio::detached);
        io.run();
        return 0;
    } else if (mode == "callbacks") {
        acceptor a = listen(io);
        callback_accept(a, connections);
        io.run();
        return 0;
    }
    std::fprintf(stderr,
                 "usage: bench_echo_server tether|serve_tcp|draining|awaitable|"
                 "callbacks CONNECTIONS\n");
    return 2;
}
