// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W10: an echo server, written with tether or with asio::awaitable, that serves
// a given number of connections and ends. It prints its port first.

#include <tether/scope/with_task_group.hpp>
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

#include <cstdio>
#include <cstdlib>
#include <cstring>
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

} // namespace

int main(int argc, char** argv) {
    int const connections = argc == 3 ? std::atoi(argv[2]) : 0;
    bool const ours = argc == 3 && std::strcmp(argv[1], "tether") == 0;
    if (connections <= 0 || (!ours && std::strcmp(argv[1], "awaitable") != 0)) {
        std::fprintf(stderr,
                     "usage: bench_echo_server tether|awaitable CONNECTIONS\n");
        return 2;
    }
    asio::io_context io(1);
    if (ours) {
        tether::run(io, serve, std::ref(io), connections);
    } else {
        asio::co_spawn(io, asio_serve(io, connections), asio::detached);
        io.run();
    }
}
