// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be set of a connection_pool, and what does it count?
#ifndef TETHER_RESILIENCE_CONNECTION_POOL_OPTIONS_HPP
#define TETHER_RESILIENCE_CONNECTION_POOL_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// Limits of a connection_pool; `duration::max()` means none.
struct connection_pool_options {
    /// How many connections exist at a time, those that are being opened and
    /// closed included; at least one.
    std::size_t max = 10;
    /// How long a connection may be idle; then it is closed.
    std::chrono::steady_clock::duration idle_ttl =
        (std::chrono::steady_clock::duration::max)();
    /// How old a connection may be; an idle one is closed then, one that is
    /// leased when it comes back.
    std::chrono::steady_clock::duration max_lifetime =
        (std::chrono::steady_clock::duration::max)();
    /// How long the end of the pool waits for leases that are out.
    std::chrono::steady_clock::duration close_grace = std::chrono::seconds(10);
    /// How long closing one connection may take; then it is destroyed.
    std::chrono::steady_clock::duration close_timeout = std::chrono::seconds(5);
    /// For errors; copied.
    std::string_view name{};
};

/// What connection_pool::statistics() tells: the first five at the moment, the
/// others since the pool was made.
struct connection_pool_statistics {
    std::size_t max;         ///< the limit
    std::size_t idle;        ///< open and unused
    std::size_t leased;      ///< in leases, those that are checked included
    std::size_t waiting;     ///< tasks in acquire() without a connection
    std::size_t closing;     ///< given up and not yet closed
    std::uint64_t opened;    ///< connections made
    std::uint64_t reused;    ///< leases that got an idle one
    std::uint64_t expired;   ///< closed because of their age
    std::uint64_t discarded; ///< given up because of an interruption
    std::uint64_t check_failures; ///< given up because of the check
    std::uint64_t open_failures;  ///< attempts to open that threw
    std::uint64_t close_failures; ///< threw, took too long, had no memory
};

TETHER_END_NAMESPACE

#endif
