// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait until what a mutex protects has changed?
#ifndef TETHER_SYNC_CONDITION_VARIABLE_HPP
#define TETHER_SYNC_CONDITION_VARIABLE_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/sync/mutex.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
class condition_wait;
class plain_condition_wait;
class timed_condition_wait;
using condition_op =
    wait_op<plain_condition_wait, condition_variable*, mutex_guard*>;
using timed_condition_op = wait_op<timed_condition_wait, condition_variable*,
                                   mutex_guard*, duration, time_point, bool>;
} // namespace detail

/// What condition_variable::statistics() tells.
struct condition_variable_statistics {
    std::size_t waiting;  ///< tasks that were not notified yet
    std::size_t notified; ///< tasks that were, and wait for the lock
};

/// Lets a task that holds a mutex wait for a change, with the mutex unlocked
/// meanwhile.
///
/// Invariant: a wait comes back with the lock held, however it ends: notified,
/// timed out or stopped, so that destructors of the stopped frames run under
/// the lock. notify() moves waiters to the queue of the mutex in their order,
/// so they do not all wake to wait again. A wait ends only because of a
/// notification or its deadline; still, wait with a predicate: between the
/// notification and the lock others may have had their turn.
/// Errors: waiting or notifying without the lock is std::logic_error. If the
/// mutex breaks, those who wait get broken_resource. Destroying it, or its
/// mutex, with waiters writes a sentence that names them and terminates.
/// Never lost: a task that was notified and is then cancelled, before it has
/// the lock, passes the notification to the next.
/// Threads: those of its mutex. Several may share one. Constructible before any
/// loop exists.
/// Example:
/// ```
/// auto lock = co_await m.lock();
/// co_await changed.wait(lock, [&] { return !items.empty(); });
/// take(items);
/// ```
/// Source: std::condition_variable, and Trio's Condition for the queues.
class condition_variable final : private detail::condition_link {
public:
    /// Parameters: the mutex, which must outlive the condition's waits.
    explicit constexpr condition_variable(mutex& m) noexcept : mutex_(&m) {}
    condition_variable(condition_variable const&) = delete;
    condition_variable& operator=(condition_variable const&) = delete;
    ~condition_variable();

    /// Unlocks, waits for a notification, and locks again.
    ///
    /// Parameters: the guard of the mutex, which stays where it is meanwhile.
    /// Errors: std::logic_error when the guard holds no lock of this mutex, or
    /// when tasks of another loop wait; broken_resource, without the lock, when
    /// the mutex breaks.
    /// Completes when: the task was notified and has the lock again. Always a
    /// checkpoint, before it unlocks.
    /// On cancellation: the stop comes once the task has the lock again, which
    /// no cancel can hold up; without it only where the context goes down.
    /// Never lost: a notification that has not led to the lock yet passes to
    /// the next one who waits.
    [[nodiscard("co_await the condition")]] detail::condition_op
    wait(mutex_guard& lock, detail::call_site here = TETHER_HERE) noexcept {
        return detail::condition_op(here, this, &lock);
    }

    /// The same until `ready()`, which is called with the lock held: now, and
    /// after each notification.
    ///
    /// Errors: as above, and what `ready` throws.
    template<class Predicate>
        requires std::predicate<Predicate&>
    [[nodiscard("co_await the condition")]] task<>
    wait(mutex_guard& lock, Predicate&& ready,
         std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(Predicate);
        return wait_while_not<Predicate>(*this, lock,
                                         std::forward<Predicate>(ready), here);
    }

    /// Unlocks, waits until it is notified or the time is over, and locks
    /// again, however long that takes.
    ///
    /// Parameters: the guard; `d` counts from the await.
    /// Result: whether it was notified.
    /// Errors: as wait(), and std::invalid_argument for a negative duration.
    /// Completes when: the task has the lock again. Always a checkpoint, before
    /// it unlocks.
    /// On cancellation: as wait(); what is cancelled has not timed out.
    template<class Rep, class Period>
    [[nodiscard("co_await it; false: the time is over")]] auto
    wait_for(mutex_guard& lock, std::chrono::duration<Rep, Period> d,
             detail::call_site here = TETHER_HERE) {
        return detail::timed_condition_op(
            here, this, &lock,
            detail::to_loop_duration(d, "condition_variable::wait_for"),
            detail::time_point(), true);
    }

    /// The same until a point in time.
    [[nodiscard("co_await it; false: the time is over")]] auto
    wait_until(mutex_guard& lock, std::chrono::steady_clock::time_point at,
               detail::call_site here = TETHER_HERE) noexcept {
        return detail::timed_condition_op(here, this, &lock, detail::duration(),
                                          at, false);
    }

    /// Waits until `ready()` or the time is over, with the lock held whenever
    /// `ready` is called and afterwards.
    ///
    /// Result: what `ready()` says in the end.
    /// Errors: as wait_for(), and what `ready` throws.
    /// Completes when: it is ready, or the time is over and the task has the
    /// lock again. Always a checkpoint.
    /// On cancellation: as wait().
    /// \{
    template<class Rep, class Period, class Predicate>
        requires std::predicate<Predicate&>
    [[nodiscard("co_await it; false: the time is over")]] task<bool>
    wait_for(mutex_guard& lock, std::chrono::duration<Rep, Period> d,
             Predicate&& ready,
             std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(Predicate);
        return wait_within<Predicate>(
            *this, lock,
            detail::to_loop_duration(d, "condition_variable::wait_for"),
            detail::time_point(), true, std::forward<Predicate>(ready), here);
    }
    template<class Predicate>
        requires std::predicate<Predicate&>
    [[nodiscard("co_await it; false: the time is over")]] task<bool>
    wait_until(mutex_guard& lock, std::chrono::steady_clock::time_point at,
               Predicate&& ready,
               std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(Predicate);
        return wait_within<Predicate>(*this, lock, detail::duration(), at,
                                      false, std::forward<Predicate>(ready),
                                      here);
    }
    /// \}

    /// Lets the first `n` who wait go on, once they have the lock.
    ///
    /// Result: how many; fewer when fewer wait.
    /// Errors: std::logic_error when the running task does not hold the mutex,
    /// or when tasks of another loop wait.
    std::size_t notify(std::size_t n = 1) {
        check_notify();
        std::size_t moved = 0;
        for (; moved != n && !waiters_.empty(); ++moved)
            notify_first(true);
        return moved;
    }

    /// The same for all who wait at the moment.
    std::size_t notify_all() {
        check_notify();
        std::size_t moved = 0;
        for (; !waiters_.empty(); ++moved)
            notify_first(false); // who comes later was not meant
        return moved;
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] condition_variable_statistics statistics() const noexcept {
        return {waiters_.size(), notified_};
    }

private:
    friend class detail::condition_wait;

    template<class Predicate>
    static task<> wait_while_not(condition_variable& self, mutex_guard& lock,
                                 Predicate ready, std::source_location here);
    template<class Predicate>
    static task<bool> wait_within(condition_variable& self, mutex_guard& lock,
                                  detail::duration d, detail::time_point at,
                                  bool relative, Predicate ready,
                                  std::source_location here);

    void check_notify() {
        if (!mutex_->owned_by_this_task())
            throw std::logic_error(
                "condition_variable::notify: the running task does not hold "
                "the mutex");
        waiters_.check_use();
    }
    void notify_first(bool may_pass_on) noexcept;
    void enter(detail::condition_wait& w) noexcept;
    void leave(detail::condition_wait& w) noexcept;
    void mutex_broke(std::exception_ptr const& why) noexcept override;

    detail::waiter_queue waiters_{"a condition variable"};
    mutex* mutex_;
    std::size_t notified_ = 0; // they stand in the queue of the mutex
};

TETHER_END_NAMESPACE

#include <tether/sync/detail/condition_wait.hpp>

#endif
