// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors tell of threads that outlived what they work for?
#ifndef TETHER_CORE_THREAD_ERRORS_HPP
#define TETHER_CORE_THREAD_ERRORS_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// A thread asked something of a task or of a loop that is no longer there: the
/// run has ended, or the call on whose behalf the thread works was abandoned.
///
/// Threads: immutable, copies share their state and do not throw.
class run_finished : public std::runtime_error {
public:
    /// Says what was asked for.
    explicit run_finished(std::string_view what)
        : std::runtime_error(
              std::string(what) +
              ": the run has ended, or the task does not wait any more") {}
};

/// A thread goes on although its call was abandoned and its run has ended. Told
/// to on_unhandled_error, for the log.
///
/// Threads: immutable, copies share their state and do not throw.
class thread_left_behind : public std::runtime_error {
public:
    /// Parameters: the name of the thread, possibly empty, and the place of the
    /// call.
    explicit thread_left_behind(std::string_view name,
                                std::source_location where = {})
        : std::runtime_error(sentence(name, where)) {}

private:
    static std::string sentence(std::string_view name,
                                std::source_location where) {
        std::string out = "a thread is left behind at the end of the run";
        if (!name.empty()) {
            out += ", ";
            detail::append_quoted(out, name);
        }
        if (detail::has_place(where)) {
            out += ", of the call at ";
            detail::append_place(out, where);
        }
        return out;
    }
};

TETHER_END_NAMESPACE

#endif
