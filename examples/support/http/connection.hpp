// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one request travel? Over a connection, plain or encrypted.
#ifndef TETHER_EXAMPLES_HTTP_CONNECTION_HPP
#define TETHER_EXAMPLES_HTTP_CONNECTION_HPP

#include "http/errors.hpp"
#include "http/message.hpp"
#include "http/url.hpp"

#include <tether/task/task.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace web {

using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// A connection to one server.
///
/// Invariant: carries one request at a time. Destroying it closes it.
class connection {
public:
    virtual ~connection() = default;

    /// Sends `message` and reads the response to it.
    ///
    /// Parameters: `body_limit` in bytes.
    /// Errors: request_failed.
    /// On cancellation: the connection is of no use any more.
    virtual tether::task<response> exchange(request const& message,
                                            std::size_t body_limit) = 0;

    /// Whether the last exchange left the connection ready for another.
    [[nodiscard]] virtual bool reusable() const noexcept = 0;
};

/// Looks up the addresses of a server.
///
/// Errors: request_failed with failure::unknown_host.
/// On cancellation: stops at once. The system's lookup cannot be interrupted;
/// its answer, when it comes, is dropped.
tether::task<endpoints> resolve(origin to);

/// Connects to the one of `addresses` that answers first; plain or encrypted as
/// the scheme of `to` says.
///
/// Errors: request_failed.
tether::task<std::unique_ptr<connection>> connect(origin to,
                                                  endpoints addresses);

} // namespace web

#endif
