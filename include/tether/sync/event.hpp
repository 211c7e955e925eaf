// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one task tell others that something has happened, once and for
/// all?
#ifndef TETHER_SYNC_EVENT_HPP
#define TETHER_SYNC_EVENT_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <source_location>

TETHER_BEGIN_NAMESPACE

namespace detail {
class event_op;
class event_wait;
} // namespace detail

/// What event::statistics() tells.
struct event_statistics {
    std::size_t waiting; ///< tasks in wait()
};

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
        waiters_.check_use();
        set_ = true;
        while (!waiters_.empty())
            waiters_.pop_front().complete();
    }

    /// Whether set() was called.
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Waits until the event is set.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: the event is set; at once if it is. Always a checkpoint.
    /// On cancellation: the wait is given up in O(1).
    [[nodiscard("co_await the event")]] detail::event_op
    wait(std::source_location here = std::source_location::current()) noexcept;

    /// Result: how many wait, for logs and dumps.
    [[nodiscard]] event_statistics statistics() const noexcept {
        return {waiters_.size()};
    }

private:
    friend class detail::event_wait;

    detail::waiter_queue waiters_{"event"};
    bool set_ = false;
};

namespace detail {

class event_wait final : public queued_wait {
public:
    explicit event_wait(event& e) noexcept : event_(&e) {}
    ~event_wait() {
        if (linked())
            event_->waiters_.remove(*this);
    }

    bool ready() {
        event_->waiters_.check_use();
        return event_->set_;
    }
    void start() noexcept { event_->waiters_.push_back(*this); }
    void result() const noexcept {}

    abort_result abort() noexcept override {
        event_->waiters_.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override { return "an event"; }

private:
    event* event_;
};

class [[nodiscard("co_await the event")]] event_op {
public:
    event_op(event& e, std::source_location here) noexcept
        : event_(&e), where_(here) {}
    event_wait connect() const noexcept { return event_wait(*event_); }
    std::source_location where() const noexcept { return where_; }

private:
    event* event_;
    std::source_location where_;
};

} // namespace detail

inline detail::event_op event::wait(std::source_location here) noexcept {
    return detail::event_op(*this, here);
}

TETHER_END_NAMESPACE

#endif
