// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be set of a process_pool, and what does it count?
#ifndef TETHER_THREAD_PROCESS_POOL_OPTIONS_HPP
#define TETHER_THREAD_PROCESS_POOL_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// Limits of a process_pool; trivially destructible.
struct process_pool_options {
    /// How many workers there are; at least one.
    std::size_t workers = 1;
    /// The longest request and the longest answer, in bytes.
    std::size_t max_frame = 16U << 20;
    /// How long the end of the pool waits for calls that are out, then for
    /// workers whose input is closed, then for those that got SIGTERM; and how
    /// long a worker that has closed its output may take to end.
    std::chrono::steady_clock::duration grace = std::chrono::seconds(5);
    /// The pause before a worker is replaced that ended without ever having
    /// answered a call; each is twice as long as the one before.
    std::chrono::steady_clock::duration min_pause =
        std::chrono::milliseconds(10);
    /// The longest pause.
    std::chrono::steady_clock::duration max_pause = std::chrono::seconds(1);
    /// For errors; copied.
    std::string_view name{};
};

/// What process_pool::statistics() tells: the first four at the moment, the
/// others since the pool was opened.
struct process_pool_statistics {
    std::size_t workers;    ///< as given in the options
    std::size_t running;    ///< processes that take calls
    std::size_t busy;       ///< calls that have a worker
    std::size_t waiting;    ///< calls that wait for one
    std::uint64_t started;  ///< processes
    std::uint64_t answered; ///< calls
    std::uint64_t crashed;  ///< calls whose worker ended, or broke its frames
    std::uint64_t given_up; ///< workers that were killed with their call
    std::uint64_t idle_deaths; ///< workers that ended while they had no call
};

TETHER_END_NAMESPACE

#endif
