// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a client connect to a host that has several addresses, of which
/// some do not answer? With `connect_tcp`, by happy eyeballs (RFC 8305).
#ifndef TETHER_SERVICE_CONNECT_TCP_HPP
#define TETHER_SERVICE_CONNECT_TCP_HPP

// Builds on combine/hedge.hpp.
#include <tether/combine/hedge.hpp>
#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// Options of connect_tcp(); trivially destructible.
///
/// Parameters: the delay is positive; `duration::max()` tries the next address
/// only when the last one has failed.
struct connect_options {
    /// How long an attempt has before the next one starts beside it.
    std::chrono::steady_clock::duration attempt_delay =
        std::chrono::milliseconds(250);
};

/// The order in which happy eyeballs tries addresses: the families take turns,
/// beginning with that of the first; within a family the order stays.
///
/// Result: the same endpoints.
/// Threads: any.
/// Example:
/// ```
/// // [v6 a, v6 b, v6 c, v4 d] becomes [v6 a, v4 d, v6 b, v6 c]
/// ```
/// Source: RFC 8305, section 4.
[[nodiscard]] inline std::vector<asio::ip::tcp::endpoint>
interleave_families(std::vector<asio::ip::tcp::endpoint> const& endpoints) {
    std::vector<asio::ip::tcp::endpoint> first;
    std::vector<asio::ip::tcp::endpoint> second;
    for (auto const& e : endpoints) {
        bool const like_first = e.protocol() == endpoints.front().protocol();
        (like_first ? first : second).push_back(e);
    }
    std::vector<asio::ip::tcp::endpoint> out;
    out.reserve(endpoints.size());
    for (std::size_t i = 0; i < first.size() || i < second.size(); ++i) {
        if (i < first.size())
            out.push_back(first[i]);
        if (i < second.size())
            out.push_back(second[i]);
    }
    return out;
}

namespace detail {

template<class = void>
task<asio::ip::tcp::socket> connect_one(asio::ip::tcp::endpoint endpoint) {
    asio::ip::tcp::socket socket(this_task::executor());
    try {
        co_await socket.async_connect(endpoint, use_task);
    } catch (boost::system::system_error const& e) {
        throw boost::system::system_error(
            e.code(), "cannot connect to " + endpoint_text(endpoint));
    }
    co_return std::move(socket);
}

inline void check_connect_options(connect_options const& o) {
    if (o.attempt_delay <= o.attempt_delay.zero())
        throw std::invalid_argument(
            "connect_tcp: the attempt_delay is not positive: " +
            std::to_string(o.attempt_delay.count()) + " ns");
}

template<class = void>
task<asio::ip::tcp::socket>
connect_first(std::vector<asio::ip::tcp::endpoint> endpoints,
              connect_options options) {
    std::vector<task<asio::ip::tcp::socket>> attempts;
    attempts.reserve(endpoints.size());
    for (auto const& e : interleave_families(endpoints))
        attempts.push_back(connect_one(e));
    co_return co_await hedge(options.attempt_delay, std::move(attempts));
}

template<class = void>
task<asio::ip::tcp::socket> resolve_and_connect(std::string host,
                                                std::string service,
                                                connect_options options) {
    asio::ip::tcp::resolver resolver(this_task::executor());
    std::vector<asio::ip::tcp::endpoint> endpoints;
    try {
        auto const found =
            co_await resolver.async_resolve(host, service, use_task);
        for (auto const& entry : found)
            endpoints.push_back(entry.endpoint());
    } catch (boost::system::system_error const& e) {
        throw boost::system::system_error(e.code(), "cannot resolve " + host +
                                                        ':' + service);
    }
    co_return co_await connect_first(std::move(endpoints), options);
}

} // namespace detail

/// Connects to one of the endpoints, whichever answers first.
///
/// Parameters: at least one endpoint; they are tried in the order of
/// interleave_families().
/// Result: the connected socket.
/// Errors: exception_group of the errors of all attempts, each a system_error
/// that names its endpoint, if none succeeded; std::invalid_argument for an
/// empty list and a delay that is not positive.
/// Completes when: an attempt succeeded and the others are closed, or all have
/// failed. A checkpoint.
/// On cancellation: closes the attempts.
/// Threads: the loop of the task.
/// Example:
/// ```
/// auto socket = co_await fail_after(5s, connect_tcp("example.org", 443));
/// ```
/// Source: RFC 8305.
template<class = void>
[[nodiscard("co_await it")]] task<asio::ip::tcp::socket>
connect_tcp(std::vector<asio::ip::tcp::endpoint> endpoints,
            connect_options options = {}) {
    detail::check_connect_options(options);
    if (endpoints.empty())
        throw std::invalid_argument("connect_tcp: the list of endpoints is "
                                    "empty: there is nobody to connect to");
    return detail::connect_first(std::move(endpoints), options);
}

/// The same for all addresses that the resolver has for a host.
///
/// Errors: as above, and system_error that names the host when it has none.
/// Completes when: as above. A checkpoint.
/// On cancellation: as above; the resolver of the system cannot be stopped and
/// is waited for.
template<class = void>
task<asio::ip::tcp::socket> connect_tcp(std::string host, std::uint16_t port,
                                        connect_options options = {}) {
    detail::check_connect_options(options);
    return detail::resolve_and_connect(std::move(host), std::to_string(port),
                                       options);
}

TETHER_END_NAMESPACE

#endif
