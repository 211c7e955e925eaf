// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a runner look for while it runs? What debug_options say, or the
/// environment variable TETHER_DEBUG.
#ifndef TETHER_TASK_DEBUG_OPTIONS_HPP
#define TETHER_TASK_DEBUG_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstdint>

TETHER_BEGIN_NAMESPACE

/// Whether a runner looks for what keeps its loop.
enum class debug_mode : std::uint8_t {
    /// It does if the variable TETHER_DEBUG is set, but to 0 or to nothing.
    by_environment,
    off, ///< whatever the variable says
    on   ///< likewise
};

/// What debug mode looks for; trivially destructible.
///
/// Parameters: durations of zero leave one thing out; negative ones are
/// std::invalid_argument when a run begins.
struct debug_options {
    /// Whether it looks at all.
    debug_mode mode = debug_mode::by_environment;
    /// A step of a task that takes so long is told when it has ended. A step is
    /// what a task does between two awaits that let others run, by the clock of
    /// the loop.
    std::chrono::steady_clock::duration slow_step =
        std::chrono::milliseconds(100);
    /// A step that goes on for so long is told meanwhile, then again after each
    /// doubling. That takes a thread, which ends with the run.
    std::chrono::steady_clock::duration blocked_step = std::chrono::seconds(1);
    /// A task that is alive so long after its cancel is told, and a shield that
    /// holds a cancel off for so long; again and again, until nothing but these
    /// goes on in the loop.
    std::chrono::steady_clock::duration late_cancel = std::chrono::seconds(5);
};

TETHER_END_NAMESPACE

#endif
