// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many functions of a loop run on threads at a time, if nobody says
/// otherwise? As many as the tokens of its default limiter.
#ifndef TETHER_THREAD_DEFAULT_THREAD_LIMITER_HPP
#define TETHER_THREAD_DEFAULT_THREAD_LIMITER_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/task/runtime_local.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Threads that wait for a disk, a database or a library use no processor, so
// their number has nothing to do with that of the cores.
struct thread_limiter {
    capacity_limiter limiter{40};
};
inline constexpr runtime_local<thread_limiter> thread_limiters;

} // namespace detail

/// The limiter of to_thread() where no other is given: 40 tokens for each loop.
///
/// Result: that of the running task's loop. It dies with the loop.
/// Errors: std::logic_error outside of a task.
/// Threads: as capacity_limiter.
/// Example:
/// ```
/// default_thread_limiter().set_total(8); // the database allows no more
/// ```
/// Source: Trio's current_default_thread_limiter.
[[nodiscard]] inline capacity_limiter& default_thread_limiter() {
    return detail::thread_limiters.get().limiter;
}

TETHER_END_NAMESPACE

#endif
