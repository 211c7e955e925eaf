// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a web service treat a request? As a scope of its own: with a
/// deadline, and over when nobody waits for the answer any more.
#ifndef TETHER_EXAMPLES_HTTP_SERVICE_SERVICE_HPP
#define TETHER_EXAMPLES_HTTP_SERVICE_SERVICE_HPP

#include "http/message.hpp"

#include <tether/task/task.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace http_service {

/// Answers one request. It is stopped at the deadline, when the client goes
/// away, and when the service ends before it does.
using handler = std::function<tether::task<web::response>(web::request const&)>;

/// How requests ended, each in one of these ways unless a hard cancel stopped
/// it.
struct counts {
    std::size_t answered = 0;  ///< by their handler, or with 404
    std::size_t timed_out = 0; ///< with 504
    std::size_t failed = 0;    ///< with 500
    std::size_t abandoned = 0; ///< the client went away before the answer
};

/// Serves HTTP/1.1: a task for each connection, a scope for each request.
///
/// Invariant: when serve() has ended, no handler runs.
/// Ownership: outlives serve(), and so does what the handlers refer to.
/// Threads: on one loop.
class service {
public:
    explicit service(std::size_t max_connections = 500)
        : max_connections_(max_connections) {}
    service(service const&) = delete;
    service& operator=(service const&) = delete;

    /// Before serve().
    void route(std::string path, std::chrono::milliseconds limit,
               handler handle) {
        routes_.insert_or_assign(std::move(path),
                                 page{limit, std::move(handle)});
    }

    /// Errors: what is wrong with the acceptor.
    /// Completes when: a soft cancel came and the requests in flight are
    /// answered.
    /// On cancellation: a hard one stops the handlers.
    tether::task<> serve(boost::asio::ip::tcp::acceptor acceptor);

    [[nodiscard]] counts const& seen() const noexcept { return seen_; }

private:
    struct page {
        std::chrono::milliseconds limit;
        handler make;
    };

    tether::task<> session(boost::asio::ip::tcp::socket socket);
    tether::task<bool> respond(boost::asio::ip::tcp::socket& socket,
                               web::request const& received);
    tether::task<web::response> handle(web::request const& received);

    std::size_t max_connections_;
    std::map<std::string, page, std::less<>> routes_;
    counts seen_;
};

} // namespace http_service

#endif
