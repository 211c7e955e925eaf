// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What becomes of a request: of one that takes too long, of one whose client
// goes away, and of thousands of both.
#include "http/client.hpp"
#include "service.hpp"
#include "support/test_case.hpp"

#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using tether::task;
using tether::task_group;
using tcp = boost::asio::ip::tcp;

namespace {

std::size_t open_files() {
    auto const all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Handlers that run, and those there were.
struct handlers {
    std::size_t now = 0;
    std::size_t began = 0;
};
class counted {
public:
    explicit counted(handlers& all) : all_(all) {
        ++all.now;
        ++all.began;
    }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    ~counted() { --all_.now; }

private:
    handlers& all_;
};

// Runs `visit(endpoint)` beside the service, then asks that softly to end.
template<class Visit>
void with_service(http_service::service& web, Visit visit) {
    tether::run([&]() -> task<> {
        auto acceptor =
            tether::listen_tcp({boost::asio::ip::address_v4::loopback(), 0});
        auto const here = acceptor.local_endpoint();
        tether::cancel_scope scope;
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await tether::with_cancel_scope(
                    scope, [&] { return web.serve(std::move(acceptor)); });
            });
            co_await visit(here);
            scope.cancel_soft(1h);
        });
    });
}

web::urls::url at(tcp::endpoint const& server, std::string const& path) {
    return web::parse_url("http://127.0.0.1:" + std::to_string(server.port()) +
                          path);
}

// Sends a request; the answer may come or not.
task<tcp::socket> asking(tcp::endpoint server, std::string path) {
    tcp::socket socket(tether::this_task::executor());
    co_await socket.async_connect(server, tether::use_task);
    web::request message(web::beast::http::verb::get, path, 11);
    message.set(web::field::host, "localhost");
    co_await web::beast::http::async_write(socket, message, tether::use_task);
    co_return std::move(socket);
}

} // namespace

TEST_CASE("a request that takes too long is stopped and answered with 504, one "
          "that fails with 500") {
    handlers all;
    http_service::service web;
    web.route("/slow", 20ms, [&](web::request const&) -> task<web::response> {
        counted const one(all);
        co_await tether::sleep_forever();
        co_return web::response();
    });
    web.route("/broken", 10s, [&](web::request const&) -> task<web::response> {
        throw std::runtime_error("no database");
        co_return web::response();
    });
    with_service(web, [&](tcp::endpoint server) -> task<> {
        web::client client;
        auto const slow = co_await client.get(at(server, "/slow"));
        CHECK(slow.result_int() == 504);
        CHECK(slow.body() == "took too long\n");
        CHECK(all.now == 0);
        auto const broken = co_await client.get(at(server, "/broken"));
        CHECK(broken.result_int() == 500);
        CHECK(broken.body() == "no database\n");
    });
    CHECK(all.began == 1);
    CHECK(web.seen().timed_out == 1);
    CHECK(web.seen().failed == 1);
}

TEST_CASE("a client that goes away stops its handler") {
    handlers all;
    tether::event begun;
    tether::event ended;
    http_service::service web;
    web.route("/report", 1h, [&](web::request const&) -> task<web::response> {
        struct at_exit {
            tether::event& told;
            ~at_exit() { told.set(); }
        } const note{ended};
        counted const one(all);
        begun.set();
        co_await tether::sleep_forever();
        co_return web::response();
    });
    with_service(web, [&](tcp::endpoint server) -> task<> {
        tcp::socket client = co_await asking(server, "/report");
        co_await begun.wait();
        CHECK(all.now == 1);
        client.close();
        co_await ended.wait();
    });
    CHECK(all.now == 0);
    CHECK(web.seen().abandoned == 1);
}

TEST_CASE("a soft cancel lets the requests in flight be answered") {
    tether::event begun;
    http_service::service web;
    web.route("/", 1h, [&](web::request const&) -> task<web::response> {
        begun.set();
        while (!tether::this_task::cancel_requested())
            co_await tether::sleep_for(1ms);
        co_return web::make_response(web::status::ok, "last one\n");
    });
    std::string body;
    tether::run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            auto acceptor = tether::listen_tcp(
                {boost::asio::ip::address_v4::loopback(), 0});
            auto const here = acceptor.local_endpoint();
            tether::cancel_scope scope;
            group.spawn([&]() -> task<> {
                co_await begun.wait();
                scope.cancel_soft(1h);
            });
            group.spawn([&]() -> task<> {
                web::client client;
                auto const reply = co_await client.get(at(here, "/"));
                body = reply.body();
            });
            co_await tether::with_cancel_scope(
                scope, [&] { return web.serve(std::move(acceptor)); });
        });
    });
    CHECK(body == "last one\n");
}

TEST_CASE("under load, with clients that go away at any time, every handler "
          "ends and nothing is left open") {
    handlers all;
    http_service::service web(50);
    std::minstd_rand random(3);
    web.route("/work", 5ms, [&](web::request const&) -> task<web::response> {
        counted const one(all);
        co_await tether::sleep_for(std::chrono::microseconds(random() % 6000));
        co_return web::make_response(web::status::ok, "done\n");
    });
    std::size_t replies = 0;
    auto const before = open_files();
    auto const visitor = [&](tcp::endpoint server) -> task<> {
        web::client client;
        for (int i = 0; i != 25; ++i) {
            if (random() % 2 == 0) {
                auto const reply = co_await client.get(at(server, "/work"));
                replies +=
                    reply.result_int() == 200 || reply.result_int() == 504;
            } else {
                tcp::socket const leaves = co_await asking(server, "/work");
                co_await tether::sleep_for(
                    std::chrono::microseconds(random() % 6000));
            }
        }
    };
    with_service(web, [&](tcp::endpoint server) -> task<> {
        co_await tether::with_task_group([&](task_group& visitors) -> task<> {
            for (int i = 0; i != 40; ++i)
                visitors.spawn(visitor, server);
            co_return;
        });
    });
    auto const& seen = web.seen();
    CHECK(all.now == 0);
    CHECK(all.began == seen.answered + seen.timed_out + seen.abandoned);
    CHECK(seen.failed == 0);
    CHECK(replies >= 400);
    CHECK(seen.answered + seen.timed_out >= replies);
    CHECK(seen.abandoned > 100);
    CHECK(open_files() == before);
}
