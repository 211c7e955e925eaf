// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an example serve HTTP? One task that accepts, one child per
/// connection, one call of the handler per request.
#ifndef TETHER_EXAMPLES_HTTP_SERVER_HPP
#define TETHER_EXAMPLES_HTTP_SERVER_HPP

#include "http/message.hpp"

#include <tether/scope/start_signal.hpp>
#include <tether/task/task.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>

namespace web {

/// One request and the way to answer it.
///
/// Invariant: exists only while its handler runs. A handler that returns
/// without an answer closes the connection.
class exchange {
public:
    exchange(boost::asio::ip::tcp::socket& socket,
             request const& received) noexcept
        : socket_(&socket), received_(&received) {}
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;

    [[nodiscard]] request const& received() const noexcept {
        return *received_;
    }

    /// Sends the whole response.
    tether::task<> reply(response message);

    /// Sends the head and the first `bytes` of the body, then closes: what a
    /// crashing server looks like from outside.
    tether::task<> reply_partly(response message, std::size_t bytes);

    /// Whether the connection can carry another request.
    [[nodiscard]] bool keeps_open() const noexcept { return keeps_open_; }

private:
    boost::asio::ip::tcp::socket* socket_;
    request const* received_;
    bool keeps_open_ = false;
};

using handler = std::function<tether::task<>(exchange&)>;

/// Serves on a free port of the loopback interface until it is cancelled.
///
/// Parameters: `started` is given the port; begin it with task_group::start.
/// Errors: what binding the port throws. A client that breaks off or sends
/// garbage ends its own connection only; what `handle` throws ends the server.
/// Completes when: never by itself.
/// On cancellation: the connections are closed, their handlers stopped.
/// Example:
/// \code
/// auto const port =
///     co_await group.start<unsigned short>(web::serve, web::handler(hello));
/// \endcode
tether::task<> serve(tether::start_signal<unsigned short> started,
                     handler handle);

} // namespace web

#endif
