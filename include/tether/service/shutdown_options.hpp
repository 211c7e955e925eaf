// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How long may a program take to end, and which stages does it go through?
#ifndef TETHER_SERVICE_SHUTDOWN_OPTIONS_HPP
#define TETHER_SERVICE_SHUTDOWN_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <string>

TETHER_BEGIN_NAMESPACE

/// The stages of a graceful_shutdown, in their order.
enum class shutdown_stage : unsigned char {
    readiness,      ///< readiness is false from now on
    stop_accepting, ///< the services were asked to end, softly
    drain,          ///< they end what they have begun
    cancel,         ///< what was left after the grace is stopped
    close,          ///< resources close, the last one first
    flush,          ///< what was kept back is written
    exit            ///< the exit code is known
};

/// The name of a stage as the enumerator is spelt.
[[nodiscard]] constexpr char const* to_string(shutdown_stage stage) noexcept {
    switch (stage) {
    case shutdown_stage::readiness:
        return "readiness";
    case shutdown_stage::stop_accepting:
        return "stop_accepting";
    case shutdown_stage::drain:
        return "drain";
    case shutdown_stage::cancel:
        return "cancel";
    case shutdown_stage::close:
        return "close";
    case shutdown_stage::flush:
        return "flush";
    case shutdown_stage::exit:
        return "exit";
    }
    return "unknown";
}

/// One step that a graceful_shutdown has behind it.
struct shutdown_step {
    shutdown_stage stage = shutdown_stage::readiness; ///< which one
    /// Of the services or the resource; the exit code for stage exit.
    std::string name;
    /// How long it took, by the clock of the loop.
    std::chrono::steady_clock::duration elapsed{};
    /// Whether it ended by itself, without an error, in its time.
    bool completed = true;
};

/// Options of a graceful_shutdown; trivially destructible.
///
/// Parameters: all times are positive.
struct shutdown_options {
    /// How long all services together may go on once they were asked to end.
    std::chrono::steady_clock::duration grace = std::chrono::seconds(20);
    /// How long a cancelled service may take before the tree is dumped and its
    /// shields are ignored.
    std::chrono::steady_clock::duration cancel_grace = std::chrono::seconds(10);
    /// How long each resource may take to close, and each flush.
    std::chrono::steady_clock::duration close_timeout =
        std::chrono::seconds(10);
};

TETHER_END_NAMESPACE

#endif
