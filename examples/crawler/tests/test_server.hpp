// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the program crawl in a test? A server in a thread of the test.
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_TEST_SERVER_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_TEST_SERVER_HPP

#include "http/server.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/run.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <string>
#include <thread>
#include <utility>

namespace crawler_test {

/// Runs a web::handler in a thread of its own until it is destroyed.
class test_server {
public:
    explicit test_server(web::handler handle)
        : thread_([this, handle = std::move(handle)] {
              tether::run(context_, [&] { return serve(handle); });
          }),
          port_(started_.get_future().get()) {}
    test_server(test_server const&) = delete;
    test_server& operator=(test_server const&) = delete;
    ~test_server() {
        boost::asio::post(context_, [this] { stop_.set(); });
        thread_.join();
    }

    [[nodiscard]] std::string url(std::string const& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }

private:
    tether::task<> serve(web::handler const& handle) {
        co_await tether::with_task_group(
            [&](tether::task_group& group) -> tether::task<> {
                started_.set_value(
                    co_await group.start<unsigned short>(web::serve, handle));
                co_await stop_.wait();
                group.cancel();
            });
    }

    boost::asio::io_context context_{1};
    std::promise<unsigned short> started_;
    tether::event stop_;
    std::thread thread_;
    unsigned short port_;
};

/// A page with a link to each of `paths`.
template<class... Paths>
web::response page_with_links(Paths... paths) {
    std::string html = "<html><body>";
    ((html += std::string("<a href=\"") + paths + "\">x</a>"), ...);
    return web::make_response(web::status::ok, html + "</body></html>");
}

} // namespace crawler_test

#endif
