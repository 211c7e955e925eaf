// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Why was a scope cancelled, by whom, and where in the source?
#ifndef TETHER_CORE_CANCEL_REASON_HPP
#define TETHER_CORE_CANCEL_REASON_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <source_location>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The kind of source a cancellation came from.
enum class cancel_kind : unsigned char {
    none,             ///< not cancelled
    explicit_request, ///< somebody called `cancel()`
    deadline,         ///< a deadline passed
    sibling_failed,   ///< another child of the group, or its body, failed
    group_exit,       ///< the body of the group ended and took the rest along
    shutdown,         ///< the program, the loop or the context is going down
    signal,           ///< an operating system signal asked for it
    grace_expired,    ///< the grace of a shield or of a shutdown is over
    deadlock,         ///< no outstanding work could ever wake the tree
    abandoned,        ///< the context was destroyed with the task alive
    foreign,          ///< an Asio cancellation signal from outside
    race_decided      ///< another leg of a combinator decided the result
};

/// The name of a kind as the enumerator is spelt, for instance "deadline".
[[nodiscard]] constexpr char const* to_string(cancel_kind kind) noexcept {
    switch (kind) {
    case cancel_kind::none:
        return "none";
    case cancel_kind::explicit_request:
        return "explicit_request";
    case cancel_kind::deadline:
        return "deadline";
    case cancel_kind::sibling_failed:
        return "sibling_failed";
    case cancel_kind::group_exit:
        return "group_exit";
    case cancel_kind::shutdown:
        return "shutdown";
    case cancel_kind::signal:
        return "signal";
    case cancel_kind::grace_expired:
        return "grace_expired";
    case cancel_kind::deadlock:
        return "deadlock";
    case cancel_kind::abandoned:
        return "abandoned";
    case cancel_kind::foreign:
        return "foreign";
    case cancel_kind::race_decided:
        return "race_decided";
    }
    return "unknown";
}

/// Why a scope was cancelled. The first reason of a scope wins; later requests
/// do not overwrite it.
///
/// Invariant: `kind == cancel_kind::none` exactly for a default-constructed
/// reason, which means "not cancelled".
/// Parameters: all owned by the reason; `where` is the place of the request, a
/// default-constructed location means that it is not known.
/// Threads: a plain value.
/// Example:
/// ```
/// cancel_reason why(cancel_kind::explicit_request, "user left", "session");
/// log(why.to_string()); // explicit_request: user left (by 'session' at …)
/// ```
struct cancel_reason {
    /// Who or what asked for it.
    cancel_kind kind = cancel_kind::none;
    std::string text; ///< free text of the requester, may be empty
    std::string task; ///< name of the task that asked, may be empty
    /// Where it was asked for; line 0 when that is not known.
    std::source_location where;

    cancel_reason() noexcept = default;

    /// A reason of that kind, asked for at the place of the call.
    explicit cancel_reason(
        cancel_kind kind_of_source, std::string why = {},
        std::string source_task = {},
        std::source_location requested_at = std::source_location::current())
        : kind(kind_of_source),
          text(std::move(why)),
          task(std::move(source_task)),
          where(requested_at) {}

    /// Result: one line, for instance
    /// "explicit_request: user left (by 'session' at app.cpp:12)".
    [[nodiscard]] std::string to_string() const {
        std::string out = tether::to_string(kind);
        if (!text.empty())
            out.append(": ").append(text);
        if (task.empty() && !detail::has_place(where))
            return out;
        out += " (";
        if (!task.empty()) {
            out += "by ";
            detail::append_quoted(out, task);
            if (detail::has_place(where))
                out += ' ';
        }
        if (detail::has_place(where)) {
            out += "at ";
            detail::append_place(out, where);
        }
        out += ')';
        return out;
    }
};

TETHER_END_NAMESPACE

#endif
