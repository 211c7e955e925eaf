// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What time is it for an object that belongs to no loop? That of the running
/// loop.
#ifndef TETHER_RESILIENCE_DETAIL_TIME_HERE_HPP
#define TETHER_RESILIENCE_DETAIL_TIME_HERE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <chrono>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A handler of other code has no loop, and time is real for it.
inline time_point time_here() noexcept {
    loop const* const running = running_loop();
    return running ? running->now() : std::chrono::steady_clock::now();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
