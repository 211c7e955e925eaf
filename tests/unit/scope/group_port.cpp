// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test learn the port of a server? From start(), not by waiting
/// and hoping.
#include "unit/scope/group_test.hpp"

#include <tether/task/run.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <string>

namespace {

using namespace tether_test;
using boost::asio::ip::tcp;

task<> serve(start_signal<tcp::endpoint> started) {
    tcp::acceptor acceptor(
        this_task::executor(),
        tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    started(acceptor.local_endpoint());
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(use_task);
        std::string const hello = "hello";
        co_await boost::asio::async_write(socket, boost::asio::buffer(hello),
                                          use_task);
    }
}

} // namespace

TEST_CASE("TG69 a service gives its bound endpoint through start") {
    std::string text(5, '\0');
    unsigned port = 0;
    run([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            tcp::endpoint const at = co_await group.start<tcp::endpoint>(serve);
            port = at.port();
            tcp::socket socket(this_task::executor());
            co_await socket.async_connect(at, use_task);
            co_await boost::asio::async_read(socket, boost::asio::buffer(text),
                                             use_task);
            group.cancel();
        });
    });
    CHECK(port != 0);
    CHECK(text == "hello");
}
