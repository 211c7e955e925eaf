// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// The load for W10: a number of connections, each with one message under way at
// a time, as blocking as it gets so that the server alone is measured.

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr,
                     "usage: bench_echo_client PORT CONNECTIONS ROUNDS\n");
        return 2;
    }
    auto const port = static_cast<unsigned short>(std::atoi(argv[1]));
    int const connections = std::atoi(argv[2]);
    int const rounds = std::atoi(argv[3]);
    asio::io_context io;
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < connections; ++i) {
        sockets.emplace_back(io);
        sockets.back().connect({asio::ip::address_v4::loopback(), port});
        sockets.back().set_option(tcp::no_delay(true));
    }
    char data[64] = "an echo is what comes back";
    for (int r = 0; r < rounds; ++r) {
        for (auto& s : sockets)
            asio::write(s, asio::buffer(data));
        for (auto& s : sockets)
            asio::read(s, asio::buffer(data));
    }
}
