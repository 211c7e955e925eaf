// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a server accept connections for months? `serve_tcp` survives a lack
/// of descriptors, keeps a limit, isolates errors, and drains when asked.
#ifndef TETHER_SERVICE_SERVE_TCP_HPP
#define TETHER_SERVICE_SERVE_TCP_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/service/detail/accept_backoff.hpp>
// Builds on sync/semaphore.hpp.
#include <tether/sync/semaphore.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Options of serve_tcp(); trivially destructible.
///
/// Parameters: all are positive, and the pauses in order.
struct serve_options {
    /// How many connections there may be at a time. The others wait in the
    /// backlog of the system.
    std::size_t max_connections = 10000;
    /// The first pause when the system has no descriptor or no memory left.
    std::chrono::steady_clock::duration min_pause =
        std::chrono::milliseconds(5);
    /// The longest one; each is twice as long as the one before.
    std::chrono::steady_clock::duration max_pause = std::chrono::seconds(1);
};

/// What a serve_tcp() did.
struct serve_statistics {
    std::uint64_t accepted = 0;     ///< connections
    std::uint64_t disconnected = 0; ///< handlers ended by a peer that went away
    std::uint64_t failed = 0;       ///< handlers that threw anything else
    std::uint64_t retried = 0;      ///< accepts that failed and were repeated
};

namespace detail {

template<class Endpoint>
std::string endpoint_text(Endpoint const& endpoint) {
    std::ostringstream out;
    out << endpoint;
    return out.str();
}

inline void check_serve_options(serve_options const& o) {
    if (static_cast<std::ptrdiff_t>(o.max_connections) < 0)
        throw std::invalid_argument(
            "serve_tcp: max_connections is too large: " +
            std::to_string(o.max_connections));
    if (o.max_connections == 0)
        throw std::invalid_argument(
            "serve_tcp: max_connections is 0: nobody could ever connect");
    if (o.min_pause <= o.min_pause.zero() || o.max_pause < o.min_pause)
        throw std::invalid_argument(
            "serve_tcp: the pauses must be positive, the longest no shorter "
            "than the first: they are " +
            std::to_string(o.min_pause.count()) + " and " +
            std::to_string(o.max_pause.count()) + " ns");
}

// The peer has left: not an error of the handler.
inline bool is_disconnect(std::exception_ptr const& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        auto const& code = e.code();
        return code == asio::error::eof ||
               code == asio::error::connection_reset ||
               code == asio::error::broken_pipe ||
               code == asio::error::connection_aborted ||
               code == asio::error::not_connected;
    } catch (...) {
        return false;
    }
}

template<class Handler>
struct serve_state {
    serve_state(Handler&& h, serve_options const& o,
                std::function<void(std::exception_ptr)>&& on_error)
        : handler(std::move(h)),
          sink(std::move(on_error)),
          places(static_cast<std::ptrdiff_t>(o.max_connections)),
          pause(o.min_pause, o.max_pause) {}

    Handler handler;
    std::function<void(std::exception_ptr)> sink;
    semaphore places;
    accept_backoff pause;
    serve_statistics stats;
};

template<class Handler, class Socket>
task<> serve_one(serve_state<Handler>& s, Socket socket, permit) {
    try {
        co_await s.handler(std::move(socket));
    } catch (forced_exit const&) {
        throw;
    } catch (...) {
        std::exception_ptr const error = std::current_exception();
        if (is_disconnect(error)) {
            ++s.stats.disconnected;
            co_return;
        }
        ++s.stats.failed;
        if (!s.sink)
            throw; // to the loop, by the policy of the group
        s.sink(error);
    }
}

// Until somebody connects; none when a soft cancel came.
template<class Handler, class Acceptor>
task<bool> accept_one(serve_state<Handler>& s, Acceptor& acceptor,
                      task_group& group) {
    std::optional<permit> place = co_await soft_cancellable(s.places.acquire());
    if (!place)
        co_return false;
    boost::system::error_code failed;
    try {
        auto socket =
            co_await soft_cancellable(acceptor.async_accept(use_task));
        if (!socket)
            co_return false;
        s.pause.succeeded();
        ++s.stats.accepted;
        using socket_type = std::remove_cvref_t<decltype(*socket)>;
        group.spawn(named("connection"), &serve_one<Handler, socket_type>,
                    std::ref(s), std::move(*socket), std::move(*place));
        co_return true;
    } catch (boost::system::system_error const& e) {
        failed = e.code();
    }
    accept_verdict const verdict = judge_accept(failed);
    if (verdict == accept_verdict::fatal)
        throw boost::system::system_error(failed, "serve_tcp: accept");
    ++s.stats.retried;
    if (verdict == accept_verdict::again)
        co_return true;
    bool const slept = co_await soft_cancellable(sleep_for(s.pause.next()));
    co_return slept;
}

template<class Acceptor, class Handler>
task<serve_statistics>
serve_connections(Acceptor acceptor, Handler handler, serve_options options,
                  std::function<void(std::exception_ptr)> on_error) {
    serve_state<Handler> s(std::move(handler), options, std::move(on_error));
    task_group_options group_options;
    group_options.name = "connections";
    group_options.policy = supervise;
    co_await with_task_group(group_options, [&](task_group& group) -> task<> {
        bool more = true;
        while (more)
            more = co_await accept_one(s, acceptor, group);
        boost::system::error_code ignored;
        acceptor.close(ignored); // who comes now is refused
    });
    co_return s.stats;
}

} // namespace detail

/// Opens an acceptor on an endpoint, with the address reusable at once.
///
/// Parameters: port 0 lets the system choose. `backlog` connections wait in the
/// system, at most.
/// Errors: system_error that names the endpoint, say when the port is in use;
/// std::logic_error outside of a task.
/// Example:
/// ```
/// auto acceptor = listen_tcp({asio::ip::tcp::v4(), 8080});
/// ```
[[nodiscard]] inline asio::ip::tcp::acceptor
listen_tcp(asio::ip::tcp::endpoint const& endpoint,
           int backlog = asio::socket_base::max_listen_connections) {
    asio::ip::tcp::acceptor made(this_task::executor());
    boost::system::error_code error;
    made.open(endpoint.protocol(), error);
#if !defined(_WIN32) // where it would let two servers share a port
    if (!error)
        made.set_option(asio::socket_base::reuse_address(true), error);
#endif
    if (!error)
        made.bind(endpoint, error);
    if (!error)
        made.listen(backlog, error);
    if (error)
        throw boost::system::system_error(
            error, "cannot listen on " + detail::endpoint_text(endpoint));
    return made;
}

/// Accepts connections and runs `handler(socket)` for each in a child of its
/// own, until a soft cancel.
///
/// Parameters: `acceptor` listens, and is moved in: an Asio acceptor, or what
/// has its async_accept() and close(). `handler` returns task<>, is kept, and
/// is called for many connections at a time. `on_error(std::exception_ptr)`
/// gets what a handler threw.
/// Result: what was done.
/// Errors: of a handler none: one whose peer went away (eof, reset, broken
/// pipe) is counted, others go to `on_error`, and without one to the loop's
/// on_unhandled_error. Of accept: a connection that was lost is skipped; with
/// no descriptor, buffer or memory left it tries again after a pause; others
/// are thrown once the connections have ended. std::invalid_argument for
/// options without sense.
/// Completes when: a soft cancel came and all connections have ended. The
/// acceptor closes first: later ones are refused. A checkpoint.
/// On cancellation: a soft one as above: handlers go on, and end their idle
/// waits with soft_cancellable(). A hard one stops the handlers.
/// Never lost: a connection that was accepted gets its handler.
/// Threads: the loop of the task.
/// Example:
/// ```
/// co_await serve_tcp(listen_tcp(endpoint), session, {.max_connections = 500});
/// ```
template<class Acceptor, class F, class OnError>
    requires requires(Acceptor& a) { a.async_accept(use_task); }
[[nodiscard("co_await it")]] task<serve_statistics>
serve_tcp(Acceptor acceptor, F&& handler, serve_options options,
          OnError&& on_error) {
    TETHER_CHECK_BODY(F);
    TETHER_CHECK_BODY(OnError);
    detail::check_serve_options(options);
    return detail::serve_connections<Acceptor, std::decay_t<F>>(
        std::move(acceptor), std::forward<F>(handler), options,
        std::forward<OnError>(on_error));
}
/// \overload
template<class Acceptor, class F>
    requires requires(Acceptor& a) { a.async_accept(use_task); }
[[nodiscard("co_await it")]] task<serve_statistics>
serve_tcp(Acceptor acceptor, F&& handler, serve_options options = {}) {
    TETHER_CHECK_BODY(F);
    detail::check_serve_options(options);
    return detail::serve_connections<Acceptor, std::decay_t<F>>(
        std::move(acceptor), std::forward<F>(handler), options, nullptr);
}
/// The same on an acceptor that listen_tcp() makes in the call.
template<class F, class... OnError>
    requires(sizeof...(OnError) <= 1)
[[nodiscard("co_await it")]] task<serve_statistics>
serve_tcp(asio::ip::tcp::endpoint const& endpoint, F&& handler,
          serve_options options = {}, OnError&&... on_error) {
    return serve_tcp(listen_tcp(endpoint), std::forward<F>(handler), options,
                     std::forward<OnError>(on_error)...);
}

TETHER_END_NAMESPACE

#endif
