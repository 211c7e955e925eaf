// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the running program wait for? The tree of the loop's tasks as
/// text.
#ifndef TETHER_TASK_DUMP_TREE_HPP
#define TETHER_TASK_DUMP_TREE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/loop.hpp>

#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE

/// The tasks and scopes of the running loop, one per line, children indented
/// below what owns them.
///
/// Result: each task with its name, where it was spawned, what it waits for and
/// where; each scope with its deadline, shield and cancel: how long ago and
/// why. Places are file:line.
/// Errors: std::logic_error when no loop runs on this thread; std::bad_alloc.
/// Threads: inside a task, or in a handler that a loop runs; changes nothing.
/// Example:
/// ```
/// if (took_too_long)
///     std::clog << tether::dump_tree();
/// ```
[[nodiscard]] inline std::string dump_tree() {
    detail::loop* const home = detail::running_loop();
    if (!home)
        throw std::logic_error("dump_tree() was called where no loop runs: "
                               "call it from a task");
    return detail::format_tree(*home);
}

TETHER_END_NAMESPACE

#endif
