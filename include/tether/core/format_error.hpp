// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an error look in a log?
#ifndef TETHER_CORE_FORMAT_ERROR_HPP
#define TETHER_CORE_FORMAT_ERROR_HPP

#include <tether/core/detail/error_formatter.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <exception>
#include <string>

TETHER_BEGIN_NAMESPACE

/// Limits of `format_error`.
struct format_options {
    std::size_t width = 15; ///< members shown of one group
    std::size_t depth = 10; ///< levels of groups, and causes in a row, shown
};

/// An error as a text for people: its type and `what()`, and below, indented,
/// the members of a group with task name and spawn site, what each was caused
/// by, contexts and notes. What the limits leave out is counted.
///
/// Result: one or more lines without a line break at the end.
/// Errors: none; if memory runs out the text ends early.
/// Example:
/// ```
/// catch (...) { std::cerr << format_error(std::current_exception()) << '\n'; }
/// // tether::exception_group: load (2 sub-exceptions)
/// //   [0] task 'orders' spawned at load.cpp:7, failed first:
/// //       std::runtime_error: status 503
/// //   [1] std::runtime_error: no such user
/// ```
[[nodiscard]] inline std::string
format_error(std::exception_ptr const& error,
             format_options options = {}) noexcept {
    std::string out;
    try {
        detail::error_formatter(out, options.width, options.depth)
            .write({error, nullptr});
    } catch (...) {
        // Out of memory: what there is must do.
    }
    return out;
}

/// The same for the exception that a catch block has in hand.
[[nodiscard]] inline std::string
format_error(std::exception const& error,
             format_options options = {}) noexcept {
    std::string out;
    try {
        detail::error_formatter(out, options.width, options.depth)
            .write({nullptr, &error});
    } catch (...) {
        // Out of memory: what there is must do.
    }
    return out;
}

TETHER_END_NAMESPACE

#endif
