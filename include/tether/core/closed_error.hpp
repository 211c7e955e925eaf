// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What was used after its end? The errors of closed and broken things.
#ifndef TETHER_CORE_CLOSED_ERROR_HPP
#define TETHER_CORE_CLOSED_ERROR_HPP

#include <tether/detail/config.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// What was used is closed or broken, and will be so the next time.
///
/// Example:
/// ```
/// try { co_await tx.send_from(item); }
/// catch (closed_error const&) { co_return; } // nobody will ever receive
/// ```
class closed_error : public std::runtime_error {
protected:
    /// Made by the two kinds.
    explicit closed_error(std::string_view sentence)
        : std::runtime_error(std::string(sentence)) {}
};

/// The end that was used is itself closed, or was closed while the operation
/// waited.
///
/// Threads: immutable, copies share their state and do not throw.
class closed_resource : public closed_error {
public:
    /// Says what was closed.
    explicit closed_resource(std::string_view sentence)
        : closed_error(sentence) {}
};

/// What tasks wait at was given up: a task ended while it held the lock, a
/// barrier was aborted, a parking lot was broken, all receivers of a channel
/// were closed. Waiting again fails again.
///
/// Threads: immutable, copies share their state and do not throw.
class broken_resource : public closed_error {
public:
    /// Says what is broken, and why.
    explicit broken_resource(std::string_view sentence)
        : closed_error(sentence) {}
};

/// The promise went away before it was kept, so that its future never has a
/// value.
///
/// Threads: immutable, copies share their state and do not throw.
class broken_promise : public broken_resource {
public:
    /// Says so.
    broken_promise()
        : broken_resource(
              "the promise was destroyed before it had a value or an error") {}
};

TETHER_END_NAMESPACE

#endif
