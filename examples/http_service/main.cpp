// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A web service in which a request is a scope. Given a port it serves there
// until SIGTERM. Without one it has a client of its own, which asks for a few
// things, leaves before one is there, and ends the service.

#include "http/client.hpp"
#include "service.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/service/graceful_shutdown.hpp>
#include <tether/service/run_main.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/write.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using tether::task;
using tcp = boost::asio::ip::tcp;

namespace {

// The parts of a page are fetched at the same time; the first that fails stops
// the other one.
task<std::string> part(std::string name, std::chrono::milliseconds time) {
    co_await tether::sleep_for(time);
    co_return name;
}
task<web::response> dashboard(web::request const&) {
    auto all =
        co_await tether::when_all(part("orders", 2ms), part("news", 1ms));
    auto& [orders, news] = all;
    co_return web::make_response(web::status::ok, orders + ", " + news + '\n');
}

// Takes for ever, and tells when it has begun and when it was stopped.
class report {
public:
    task<web::response> make(web::request const&) {
        event_at_exit const told(stopped);
        begun.set();
        co_await tether::sleep_forever();
        co_return web::response();
    }
    tether::event begun;
    tether::event stopped;

private:
    struct event_at_exit {
        explicit event_at_exit(tether::event& e) : at_exit(e) {}
        ~event_at_exit() { at_exit.set(); }
        tether::event& at_exit;
    };
};

task<> ask(web::client& client, std::string url) {
    auto const reply = co_await client.get(web::parse_url(url));
    std::printf("%u %s", reply.result_int(), reply.body().c_str());
}

// Sends a request and does not wait for the answer.
task<> leave_early(tcp::endpoint server, report& page) {
    tcp::socket socket(tether::this_task::executor());
    co_await socket.async_connect(server, tether::use_task);
    web::request message(web::beast::http::verb::get, "/report", 11);
    message.set(web::field::host, "localhost");
    co_await web::beast::http::async_write(socket, message, tether::use_task);
    co_await page.begun.wait();
    socket.close();
    co_await page.stopped.wait();
    std::puts("the client left, and the report was stopped");
}

task<> visitor(tcp::endpoint server, report& page) {
    std::string const site =
        "http://127.0.0.1:" + std::to_string(server.port());
    web::client client;
    co_await ask(client, site + "/dashboard");
    co_await ask(client, site + "/slow");
    co_await ask(client, site + "/nothing");
    co_await leave_early(server, page);
    std::raise(SIGTERM);
}

task<int> async_main(unsigned short port) {
    report page;
    http_service::service web;
    web.route("/dashboard", 10s, dashboard);
    web.route("/slow", 100ms, [](web::request const&) -> task<web::response> {
        co_await tether::sleep_forever();
        co_return web::response();
    });
    web.route("/report", 60s,
              [&](web::request const& r) { return page.make(r); });

    auto acceptor =
        tether::listen_tcp({boost::asio::ip::address_v4::loopback(), port});
    auto const here = acceptor.local_endpoint();
    tether::graceful_shutdown gs({SIGINT, SIGTERM}, {.grace = 5s});
    gs.add("web", [&] { return web.serve(std::move(acceptor)); });
    if (port == 0)
        gs.add("visitor", [&] { return visitor(here, page); });
    else
        std::printf("http://127.0.0.1:%u/dashboard\n", unsigned(port));
    int const code = co_await gs.run();
    http_service::counts const& seen = web.seen();
    std::printf("%zu answered, %zu timed out, %zu failed, %zu abandoned\n",
                seen.answered, seen.timed_out, seen.failed, seen.abandoned);
    co_return code;
}

} // namespace

int main(int argc, char* argv[]) {
    int const port = argc > 1 ? std::atoi(argv[1]) : 0;
    return tether::run_main(tether::run_options{}, async_main,
                            static_cast<unsigned short>(port));
}
