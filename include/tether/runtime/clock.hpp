// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What time is it for the tasks of a loop? The steady clock, or a clock that
/// a test moves by hand.
#ifndef TETHER_RUNTIME_CLOCK_HPP
#define TETHER_RUNTIME_CLOCK_HPP

#include <tether/detail/config.hpp>

#include <chrono>

TETHER_BEGIN_NAMESPACE

/// The time source of a loop.
///
/// Invariant: now() never goes backwards.
/// Threads: read only by the loop it is installed in.
/// Example:
/// \code
/// struct frozen : tether::clock_source {
///     time_point now() const noexcept override { return at; }
///     bool advances_by_itself() const noexcept override { return false; }
///     time_point at{};
/// };
/// \endcode
class clock_source {
public:
    /// Time points of every clock source count like the steady clock's.
    using time_point = std::chrono::steady_clock::time_point;

    clock_source() = default;
    clock_source(clock_source const&) = delete;
    clock_source& operator=(clock_source const&) = delete;

    /// The present time.
    virtual time_point now() const noexcept = 0;

    /// Whether real time moves this clock. When false the loop arms no Asio
    /// timer; whoever moves the clock tells the loop.
    virtual bool advances_by_itself() const noexcept = 0;

    /// Asked when the loop has nothing left but a timer due at `due`: moves the
    /// clock there and answers true, or answers false.
    virtual bool jump_to(time_point due) noexcept {
        static_cast<void>(due);
        return false;
    }

protected:
    ~clock_source() = default;
};

TETHER_END_NAMESPACE

#endif
