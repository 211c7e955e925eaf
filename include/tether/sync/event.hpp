// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one task tell others that something has happened, once and for
/// all?
#ifndef TETHER_SYNC_EVENT_HPP
#define TETHER_SYNC_EVENT_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/gate.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE

/// What event::statistics() tells.
struct event_statistics {
    std::size_t waiting; ///< tasks in wait()
};

namespace detail {
inline constexpr char event_text[] = "an event";
}

/// A flag that is set once; tasks wait until it is.
///
/// Invariant: once set, it stays set. There is no clear(), which would race
/// with waiters that have not run yet, and no conversion to bool, which would
/// make `if (event)` look like a wait.
/// Errors: destroying an event with waiters writes a sentence that names them
/// and terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::event ready;
/// group.spawn([&]() -> tether::task<> {
///     co_await ready.wait();
///     serve();
/// });
/// ready.set();
/// ```
/// Source: Trio's Event.
class event {
public:
    constexpr event() noexcept = default;
    event(event const&) = delete;
    event& operator=(event const&) = delete;

    /// Sets the flag and wakes all who wait, in the order in which they came.
    /// A second call does nothing.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    void set() {
        gate_.check_use();
        gate_.open();
    }

    /// Whether set() was called.
    [[nodiscard]] bool is_set() const noexcept { return gate_.is_open(); }

    /// Waits until the event is set.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: the event is set; at once if it is. Always a checkpoint.
    /// On cancellation: the wait is given up in O(1).
    [[nodiscard("co_await the event")]] detail::gate_op<detail::event_text>
    wait(detail::call_site here = TETHER_HERE) noexcept {
        return detail::gate_op<detail::event_text>(here, &gate_);
    }

    /// Result: how many wait, for logs and dumps.
    [[nodiscard]] event_statistics statistics() const noexcept {
        return {gate_.waiting()};
    }

private:
    detail::gate gate_{detail::event_text, false};
};

TETHER_END_NAMESPACE

#endif
