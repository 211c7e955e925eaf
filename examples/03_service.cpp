// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A complete service: it tells its health, limits and isolates its connections,
// and on SIGTERM answers what it has begun, writes its journal and closes its
// database. So that it ends by itself, it has a client of its own, and a
// database that sends the signal in the middle of a request.

#include <tether/tether.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using tether::task, tether::use_task;

// [database]
// Stands for what has to be opened and closed.
class database {
public:
    task<> ping() { co_await tether::sleep_for(1ms); }
    task<std::string> find(std::string key) {
        std::raise(SIGTERM); // the signal comes while it works
        co_await tether::sleep_for(50ms);
        co_return "value of " + key;
    }
    task<> close() {
        co_await tether::sleep_for(1ms);
        std::puts("database closed");
    }
};
// [database]

// [session]
// One connection. Between two requests it is idle: a soft cancel ends the read.
// While it works on one, a soft cancel lets it finish.
task<> session(tcp::socket socket, database& db,
               tether::health_registry& health) {
    std::string line;
    while (auto const size =
               co_await tether::soft_cancellable(asio::async_read_until(
                   socket, asio::dynamic_buffer(line, 1000), '\n', use_task))) {
        std::string key = line.substr(0, *size - 1);
        line.erase(0, *size);
        std::string answer;
        if (key == "health")
            answer = (co_await health.report()).to_string();
        else
            answer = co_await db.find(std::move(key)) + '\n';
        co_await asio::async_write(socket, asio::buffer(answer), use_task);
    }
}
// [session]

task<std::string> ask(tcp::socket& socket, std::string question) {
    question += '\n';
    co_await asio::async_write(socket, asio::buffer(question), use_task);
    std::string answer;
    auto const size = co_await asio::async_read_until(
        socket, asio::dynamic_buffer(answer), '\n', use_task);
    co_return answer.substr(0, size - 1);
}

task<> client(tcp::endpoint server) {
    tcp::socket socket = co_await tether::connect_tcp(
        server.address().to_string(), server.port());
    std::printf("client: %s\n", (co_await ask(socket, "health")).c_str());
    std::printf("client: %s\n", (co_await ask(socket, "colour")).c_str());
}

// [serve]
task<int> serve() {
    database db;
    tether::health_registry health;
    health.add("db", [&] { return db.ping(); }, {.timeout = 1s});

    tether::graceful_shutdown gs({SIGINT, SIGTERM}, {.grace = 20s});
    gs.use(health);
    gs.on_close("db", [&] { return db.close(); });
    gs.on_flush("journal", []() -> task<> {
        std::puts("journal written");
        co_return;
    });
    gs.on_step([](tether::shutdown_step const& step) {
        std::printf("%s %s\n", to_string(step.stage), step.name.c_str());
    });

    auto acceptor = tether::listen_tcp({asio::ip::address_v4::loopback(), 0});
    auto const here = acceptor.local_endpoint();
    gs.add("client", [here] { return client(here); });
    gs.add("web", [&]() -> task<> {
        co_await tether::serve_tcp(std::move(acceptor),
                                   [&](tcp::socket socket) {
                                       return session(std::move(socket), db,
                                                      health);
                                   },
                                   {.max_connections = 500});
    });
    co_return co_await gs.run();
}

int main() {
    return tether::run_main(tether::run_options{}, serve);
}
// [serve]
