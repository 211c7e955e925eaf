// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When does a circuit breaker open and close, and what does it tell?
#ifndef TETHER_RESILIENCE_CIRCUIT_BREAKER_OPTIONS_HPP
#define TETHER_RESILIENCE_CIRCUIT_BREAKER_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// What a circuit_breaker does with a call.
enum class circuit_state : unsigned char {
    closed,    ///< makes it
    open,      ///< refuses it
    half_open, ///< makes a few, to see
};

/// The name of a state.
[[nodiscard]] constexpr std::string_view to_string(circuit_state s) noexcept {
    switch (s) {
    case circuit_state::closed:
        return "closed";
    case circuit_state::open:
        return "open";
    default:
        return "half-open";
    }
}

/// What a call says about the service that was called.
enum class call_verdict : unsigned char {
    success, ///< it works
    failure, ///< it does not
    neutral, ///< nothing: the request was wrong, or nobody waited for the reply
};

/// When a circuit_breaker opens, and when it closes again.
struct circuit_breaker_options {
    /// It opens after so many failures in a row; 0: not because of that.
    std::size_t failures = 5;
    /// It opens when this share of the calls in `window` failed, from 0 to 1;
    /// 0: not because of that.
    double failure_ratio = 0;
    /// Fewer calls in `window` have no share.
    std::size_t minimum_calls = 10;
    /// The last while, which moves in steps of a tenth.
    std::chrono::steady_clock::duration window = std::chrono::seconds(10);
    /// How long it refuses calls.
    std::chrono::steady_clock::duration open_for = std::chrono::seconds(30);
    /// How many calls it makes at a time when it is half-open.
    std::size_t half_open_probes = 1;
    /// After how many of them that succeeded it closes; one that fails opens it
    /// again.
    std::size_t successes_to_close = 1;
    /// When another one takes the place of one that does not end.
    std::chrono::steady_clock::duration probe_timeout =
        std::chrono::seconds(60);
    /// For errors and notifications; copied.
    std::string_view name{};
};

/// A change that a circuit_breaker tells.
struct circuit_change {
    std::string_view name; ///< of the breaker, lives during the call
    circuit_state from;    ///< before
    circuit_state to;      ///< after; trip() of an open one tells nothing
};

/// What circuit_breaker::statistics() tells.
struct circuit_breaker_statistics {
    circuit_state state;              ///< at the moment
    std::size_t calls;                ///< that go on at the moment
    std::size_t consecutive_failures; ///< since the last success
    std::uint64_t recent_calls;       ///< in the window
    std::uint64_t recent_failures;    ///< of those
    std::uint64_t succeeded;          ///< since the breaker was made
    std::uint64_t failed;             ///< likewise
    std::uint64_t neutral;            ///< likewise
    std::uint64_t rejected;           ///< likewise
    std::uint64_t opened;             ///< likewise
};

TETHER_END_NAMESPACE

#endif
