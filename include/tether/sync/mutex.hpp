// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task keep the others out, also across its awaits? A lock that
/// belongs to one task and goes from one to the next in order of arrival.
#ifndef TETHER_SYNC_MUTEX_HPP
#define TETHER_SYNC_MUTEX_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/held_object.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

class mutex;
class condition_variable;

namespace detail {
class lock_request;
class lock_wait;
class condition_wait;

// A condition of a mutex that tasks wait for hangs on the mutex.
class condition_link : public list_node {
public:
    virtual void mutex_broke(std::exception_ptr const& why) noexcept = 0;

protected:
    constexpr condition_link() noexcept = default;
    ~condition_link() = default;
};

using lock_op = wait_op<lock_wait, mutex*>;
} // namespace detail

/// What mutex::statistics() tells.
struct mutex_statistics {
    bool locked;            ///< a task holds it
    bool broken;            ///< its owner ended with the lock
    std::string_view owner; ///< the owner's name; valid until the owner ends
    std::size_t waiting;    ///< tasks in lock(), and those that were notified
};

/// The lock of a mutex, held by the task that took it.
///
/// Invariant: unlocks when destroyed, exactly once. A moved-from guard holds
/// nothing. It may be moved, but not to another task: there, unlock() throws
/// and the destructor writes a sentence and terminates.
/// Never lost: unlocking hands the lock to the first waiter at once.
/// Threads: the loop of its task.
/// Example:
/// ```
/// auto lock = co_await m.lock();
/// balance += co_await deposit();
/// lock.unlock();
/// ```
class [[nodiscard("the lock is released when the guard is destroyed: keep it "
                  "in a variable")]] mutex_guard {
public:
    /// A guard of nothing, to be moved into.
    mutex_guard() noexcept = default;
    mutex_guard(mutex_guard&& other) noexcept { take(other); }
    mutex_guard& operator=(mutex_guard&& other) noexcept {
        if (this != &other) {
            release();
            take(other);
        }
        return *this;
    }
    ~mutex_guard() { release(); }

    /// Whether it holds a lock; not while its task waits for a condition.
    [[nodiscard]] bool owns_lock() const noexcept {
        return mutex_ && !waiting_;
    }

    /// Unlocks now.
    ///
    /// Errors: std::logic_error when it holds no lock, or when another task
    /// owns the mutex.
    void unlock();

private:
    friend class mutex;
    friend class detail::lock_wait;
    friend class detail::condition_wait;

    explicit mutex_guard(mutex& m) noexcept;
    void take(mutex_guard& other) noexcept;
    void release() noexcept;
    // A condition has the lock for the time being.
    void refuse_if_waiting() const noexcept {
        if (waiting_)
            detail::fatal("a mutex_guard was moved or destroyed while its task "
                          "waits for a condition variable with it");
    }

    mutex* mutex_ = nullptr;
    bool waiting_ = false;
};

/// Lets one task at a time in; a task may hold it across its awaits.
///
/// Invariant: strictly first come, first served: whoever comes later, or only
/// tries, does not overtake, and there is no second, weaker kind. There is no
/// priority inheritance either: the tasks of a loop have no priorities.
/// Errors: locking what the task already holds is std::logic_error instead of a
/// wait without end. A task that ends while a guard of it lives on breaks the
/// mutex: what it protects may be half changed, so waiting and later tasks get
/// broken_resource. Destroying a mutex that is locked or waited for writes a
/// sentence and terminates.
/// Never lost: a lock that was handed to a waiter which then never runs passes
/// to the next one. A leg of a combinator that ends leaves its locks to the
/// task that awaits it.
/// Threads: one loop at a time; use from a second loop or thread while it is
/// locked is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::mutex m;
/// auto lock = co_await m.lock();
/// co_await file.write(header);
/// co_await file.write(body); // nobody writes in between
/// ```
/// Source: Trio's StrictFIFOLock.
class mutex final : private detail::held_object {
public:
    constexpr mutex() noexcept = default;
    mutex(mutex const&) = delete;
    mutex& operator=(mutex const&) = delete;
    ~mutex() {
        if (owner_ && waiters_.empty())
            detail::destroyed_while_held("mutex", owner_);
        if (!conditions_.empty())
            detail::fatal("a mutex was destroyed while tasks wait for a "
                          "condition variable of it");
    }

    /// Waits for the lock.
    ///
    /// Result: a guard that unlocks when it is destroyed.
    /// Errors: std::logic_error when the task holds the lock already, or when
    /// a task of another loop does; broken_resource when the mutex is broken.
    /// Completes when: nobody holds it and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up in O(1).
    /// Never lost: once the lock is handed over the wait succeeds; a cancel
    /// comes at the next checkpoint.
    [[nodiscard("co_await it and keep the guard")]] detail::lock_op
    lock(detail::call_site here = TETHER_HERE) noexcept {
        return detail::lock_op(here, this);
    }

    /// Takes the lock if it is free.
    ///
    /// Result: empty when a task holds it.
    /// Errors: as lock(), and std::logic_error outside of a task.
    [[nodiscard("keep the guard, or it is unlocked at "
                "once")]] std::optional<mutex_guard>
    try_lock() {
        detail::task_record& me = detail::this_holder("mutex::try_lock");
        check_use(me);
        if (!take(me))
            return std::nullopt;
        return mutex_guard(*this);
    }

    /// Runs `fn` while holding the lock.
    ///
    /// Parameters: a coroutine function without parameters; an lvalue is used
    /// in place and must outlive the await.
    /// Result: what `fn` gives.
    /// Errors: as lock(), and what `fn` throws.
    /// Completes when: `fn` has ended; the lock is free before the caller goes
    /// on. A checkpoint, because of lock().
    /// On cancellation: stops the wait or `fn`; the lock is released.
    /// Example:
    /// ```
    /// co_await m.scoped([&] { return append(line); });
    /// ```
    template<class F>
    [[nodiscard("co_await it")]] auto
    scoped(F&& fn,
           std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(detail::is_task<std::invoke_result_t<F&>>,
                      "mutex::scoped needs a function without parameters that "
                      "returns tether::task<T>");
        return run_scoped<F>(*this, std::forward<F>(fn), here);
    }

    /// Whether the running task holds the lock.
    [[nodiscard]] bool owned_by_this_task() const noexcept {
        return owner_ && owner_ == detail::running_task();
    }

    /// Result: who holds it and how many wait, for logs and dumps.
    [[nodiscard]] mutex_statistics statistics() const noexcept {
        return {owner_ != nullptr, broken_.has_value(),
                owner_ ? owner_->name() : std::string_view(), waiters_.size()};
    }

private:
    friend class mutex_guard;
    friend class detail::lock_request;
    friend class detail::lock_wait;
    friend class detail::condition_wait;
    friend class condition_variable;

    template<class F>
    static auto run_scoped(mutex& self, F fn, std::source_location here)
        -> std::invoke_result_t<F&>;

    void check_use(detail::task_record const& me);
    // Hand-off leaves no moment in which the lock is free and somebody waits.
    bool take(detail::task_record& me) noexcept {
        if (owner_)
            return false;
        me.home()->hold(*this);
        give_to(me);
        return true;
    }
    void give_to(detail::task_record& who) noexcept {
        owner_ = &who;
        who.took();
    }
    void release() noexcept;
    void forget(detail::condition_link const& gone) noexcept;
    void holder_ended(detail::task_record& ended,
                      detail::task_record* heir) noexcept override;

    detail::waiter_queue waiters_{"a mutex"};
    detail::task_record* owner_ = nullptr;
    mutex_guard* guard_ = nullptr; // once the owner has run
    detail::intrusive_list<detail::condition_link> conditions_;
    std::optional<std::exception_ptr> broken_; // constinit, unlike the pointer
};

TETHER_END_NAMESPACE

#include <tether/sync/detail/lock_wait.hpp>

#endif
