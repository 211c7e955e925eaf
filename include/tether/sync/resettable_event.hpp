// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one task tell others that something is so at the moment? A flag
/// that is set and cleared again.
#ifndef TETHER_SYNC_RESETTABLE_EVENT_HPP
#define TETHER_SYNC_RESETTABLE_EVENT_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/gate.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE

/// What resettable_event::statistics() tells.
struct resettable_event_statistics {
    bool set;            ///< whether wait() passes
    std::size_t waiting; ///< tasks in wait()
};

namespace detail {
inline constexpr char resettable_event_text[] = "a resettable event";
}

/// A flag that is set and cleared; tasks wait while it is clear.
///
/// Invariant: set() lets all go on who wait at that moment, even if clear()
/// follows before they have run. Whoever goes on therefore knows that the event
/// was set, not that it still is: look again, or use an event, which is never
/// cleared. There is no conversion to bool.
/// Errors: destroying it with waiters writes a sentence that names them and
/// terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::resettable_event running(true);
/// running.clear(); // pause
/// co_await running.wait();
/// ```
/// Source: asyncio's Event.
class resettable_event {
public:
    /// Parameters: whether it is set to begin with.
    explicit constexpr resettable_event(bool set = false) noexcept
        : gate_(detail::resettable_event_text, set) {}
    resettable_event(resettable_event const&) = delete;
    resettable_event& operator=(resettable_event const&) = delete;

    /// Sets the flag and wakes all who wait, in the order in which they came.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    void set() {
        gate_.check_use();
        gate_.open();
    }

    /// From now on tasks wait again. Who was woken before goes on.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    void clear() {
        gate_.check_use();
        gate_.close();
    }

    /// Whether it is set at the moment.
    [[nodiscard]] bool is_set() const noexcept { return gate_.is_open(); }

    /// Waits until the event is set.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: set() is called; at once if it is set. Always a
    /// checkpoint.
    /// On cancellation: the wait is given up in O(1).
    [[nodiscard(
        "co_await the event")]] detail::gate_op<detail::resettable_event_text>
    wait(detail::call_site here = TETHER_HERE) noexcept {
        return detail::gate_op<detail::resettable_event_text>(here, &gate_);
    }

    /// Result: its state, for logs and dumps.
    [[nodiscard]] resettable_event_statistics statistics() const noexcept {
        return {gate_.is_open(), gate_.waiting()};
    }

private:
    detail::gate gate_;
};

TETHER_END_NAMESPACE

#endif
