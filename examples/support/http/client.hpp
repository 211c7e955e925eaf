// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an example fetch a page? With a client that keeps connections.
#ifndef TETHER_EXAMPLES_HTTP_CLIENT_HPP
#define TETHER_EXAMPLES_HTTP_CLIENT_HPP

#include "http/connection.hpp"
#include "http/errors.hpp"
#include "http/message.hpp"
#include "http/url.hpp"

#include <tether/task/task.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace web {

/// Opens a connection to a server.
using connector =
    std::function<tether::task<std::unique_ptr<connection>>(origin)>;

/// Sends requests; follows no redirects, tries nothing twice, knows no
/// deadline: those are decisions of the caller.
///
/// Invariant: a connection is in the store or in the hands of one request.
/// Ownership: outlives its requests. It keeps connections, so it, or what
/// close_idle() leaves of it, must not outlive the context they are made on.
/// Threads: on one loop.
/// Example:
/// \code
/// web::client client;
/// auto page = co_await tether::fail_after(2s, client.get(url));
/// \endcode
class client {
public:
    /// Parameters: `open` in the place of resolve() and connect(), say for a
    /// test in memory; it is kept. `body_limit` in bytes.
    explicit client(connector open = {}, std::size_t body_limit = 8 << 20)
        : open_(std::move(open)), body_limit_(body_limit) {}
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    /// Result: the response, whatever its status.
    /// Errors: request_failed.
    /// Completes when: the whole response is there.
    /// On cancellation: the connection in use is closed.
    tether::task<response> get(urls::url url);

    /// Closes the connections that no request uses.
    void close_idle() noexcept { idle_.clear(); }

private:
    tether::task<std::unique_ptr<connection>> open(origin to);
    std::unique_ptr<connection> take_idle(std::string const& origin);

    connector open_;
    std::size_t body_limit_;
    std::map<std::string, endpoints> addresses_;
    std::map<std::string, std::vector<std::unique_ptr<connection>>> idle_;
};

} // namespace web

#endif
