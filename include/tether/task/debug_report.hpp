// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does debug mode tell? A debug_report: what was found, of which task,
/// where, for how long.
#ifndef TETHER_TASK_DEBUG_REPORT_HPP
#define TETHER_TASK_DEBUG_REPORT_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// What can be wrong with a loop that goes on.
enum class debug_finding : std::uint8_t {
    slow_step,    ///< a task kept the loop for long between two awaits
    blocked_step, ///< it keeps it at this moment
    late_task,    ///< a task was cancelled long ago and is still alive
    held_cancel   ///< a shield holds a cancel off for long
};

/// The name of a finding as the enumerator is spelt.
[[nodiscard]] constexpr char const* to_string(debug_finding what) noexcept {
    switch (what) {
    case debug_finding::slow_step:
        return "slow_step";
    case debug_finding::blocked_step:
        return "blocked_step";
    case debug_finding::late_task:
        return "late_task";
    case debug_finding::held_cancel:
        return "held_cancel";
    }
    return "unknown";
}

/// One finding of debug mode.
struct debug_report {
    debug_finding what;    ///< which one
    std::string_view task; ///< its name, lives during the call; may be empty
    /// Of a step: the await before it, or where the task was spawned if the
    /// step is its first. Of a late task: the await that it is suspended in.
    std::source_location where;
    /// How long the step took, or takes so far; how long ago the cancel was.
    std::chrono::steady_clock::duration duration;
    std::string text; ///< all of it in one sentence
};

TETHER_END_NAMESPACE

#endif
