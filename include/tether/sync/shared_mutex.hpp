// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do many tasks read while nobody writes? A lock that readers share and a
/// writer has alone, handed out in order of arrival.
#ifndef TETHER_SYNC_SHARED_MUTEX_HPP
#define TETHER_SYNC_SHARED_MUTEX_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/held_object.hpp>
#include <tether/sync/detail/holder.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

class shared_mutex;

namespace detail {

class shared_lock_wait;
template<class Guard>
class shared_lock_as;

// A guard's place among the locks that are held.
class shared_lock_hold : public list_node {
public:
    shared_lock_hold() noexcept = default;
    shared_lock_hold(shared_mutex& m, task_record& owner,
                     bool exclusive) noexcept;
    void take(shared_lock_hold& other) noexcept;
    void release() noexcept;
    void unlock(char const* what);
    bool holds() const noexcept { return mutex_ != nullptr; }

private:
    friend shared_mutex;

    shared_mutex* mutex_ = nullptr;
    task_record* owner_ = nullptr;
    bool exclusive_ = false;
};

} // namespace detail

/// What shared_mutex::statistics() tells.
struct shared_mutex_statistics {
    bool locked;             ///< a task holds it for writing
    bool broken;             ///< a holder ended with the lock
    std::size_t readers;     ///< tasks that hold it for reading
    std::string_view writer; ///< the writer's name; valid until that task ends
    std::size_t waiting;     ///< tasks in lock() and lock_shared()
};

/// A shared_mutex held for reading.
///
/// Invariant: unlocks when destroyed, exactly once, and in the task that got
/// it; see mutex_guard.
class [[nodiscard("the lock is released when the guard is destroyed: keep it "
                  "in a variable")]] read_guard {
public:
    /// A guard of nothing, to be moved into.
    read_guard() noexcept = default;
    read_guard(read_guard&& other) noexcept { hold_.take(other.hold_); }
    read_guard& operator=(read_guard&& other) noexcept {
        if (this != &other) {
            hold_.release();
            hold_.take(other.hold_);
        }
        return *this;
    }
    ~read_guard() { hold_.release(); }

    /// Whether it holds a lock.
    [[nodiscard]] bool owns_lock() const noexcept { return hold_.holds(); }

    /// Unlocks now.
    ///
    /// Errors: std::logic_error when it holds no lock, or in another task.
    void unlock() { hold_.unlock("read_guard::unlock"); }

private:
    friend class shared_mutex;
    template<class Guard>
    friend class detail::shared_lock_as;

    static constexpr bool exclusive = false;
    read_guard(shared_mutex& m, detail::task_record& owner) noexcept
        : hold_(m, owner, exclusive) {}

    detail::shared_lock_hold hold_;
};

/// A shared_mutex held for writing.
///
/// Invariant: unlocks when destroyed, exactly once, and in the task that got
/// it; see mutex_guard.
class [[nodiscard("the lock is released when the guard is destroyed: keep it "
                  "in a variable")]] write_guard {
public:
    /// A guard of nothing, to be moved into.
    write_guard() noexcept = default;
    write_guard(write_guard&& other) noexcept { hold_.take(other.hold_); }
    write_guard& operator=(write_guard&& other) noexcept {
        if (this != &other) {
            hold_.release();
            hold_.take(other.hold_);
        }
        return *this;
    }
    ~write_guard() { hold_.release(); }

    /// Whether it holds a lock.
    [[nodiscard]] bool owns_lock() const noexcept { return hold_.holds(); }

    /// Unlocks now.
    ///
    /// Errors: std::logic_error when it holds no lock, or in another task.
    void unlock() { hold_.unlock("write_guard::unlock"); }

private:
    friend class shared_mutex;
    template<class Guard>
    friend class detail::shared_lock_as;

    static constexpr bool exclusive = true;
    write_guard(shared_mutex& m, detail::task_record& owner) noexcept
        : hold_(m, owner, exclusive) {}

    detail::shared_lock_hold hold_;
};

namespace detail {
using write_lock_op = wait_op<shared_lock_as<write_guard>, shared_mutex*>;
using read_lock_op = wait_op<shared_lock_as<read_guard>, shared_mutex*>;
} // namespace detail

/// Lets many tasks read at a time, or one write.
///
/// Invariant: strictly first come, first served, so neither side starves:
/// readers who come after a waiting writer wait behind it, and readers who
/// stand together at the head go on together.
/// Errors: a task that holds the lock, for reading or writing, gets
/// std::logic_error for another one instead of a wait without end; there is no
/// upgrade: unlock, lock for writing, and look again. A task that ends while a
/// guard of it lives on breaks the lock, as with mutex. Destroying it while it
/// is held or waited for writes a sentence and terminates.
/// Never lost: a lock that was handed to a waiter which then never runs passes
/// to the next one. A leg of a combinator that ends leaves its locks to the
/// task that awaits it.
/// Threads: one loop at a time; use from a second loop or thread while it is
/// held is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::shared_mutex m;
/// auto reading = co_await m.lock_shared();
/// co_await send(table[key]);
/// ```
class shared_mutex final : private detail::held_object {
public:
    constexpr shared_mutex() noexcept = default;
    shared_mutex(shared_mutex const&) = delete;
    shared_mutex& operator=(shared_mutex const&) = delete;
    ~shared_mutex() {
        if (held() && waiters_.empty())
            detail::destroyed_while_held(
                "shared_mutex",
                holds_.empty() ? writer_ : holds_.front().owner_);
    }

    /// Waits for the lock for writing.
    ///
    /// Result: a write_guard that unlocks when it is destroyed.
    /// Errors: std::logic_error when the task holds the lock already, or when
    /// a task of another loop does; broken_resource when it is broken.
    /// Completes when: nobody holds it and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up; readers behind it
    /// go on if they can.
    /// Never lost: once the lock is handed over the wait succeeds; a cancel
    /// comes at the next checkpoint.
    [[nodiscard("co_await it and keep the guard")]] detail::write_lock_op
    lock(detail::call_site here = TETHER_HERE) noexcept {
        return detail::write_lock_op(here, this);
    }

    /// Waits for the lock for reading.
    ///
    /// Result: a read_guard that unlocks when it is destroyed.
    /// Errors: as lock().
    /// Completes when: nobody writes and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up.
    /// Never lost: as with lock().
    [[nodiscard("co_await it and keep the guard")]] detail::read_lock_op
    lock_shared(detail::call_site here = TETHER_HERE) noexcept {
        return detail::read_lock_op(here, this);
    }

    /// Takes the lock for writing if that is possible at once.
    ///
    /// Result: empty when a task holds it.
    /// Errors: as lock(), and std::logic_error outside of a task.
    [[nodiscard("keep the guard, or it is unlocked at "
                "once")]] std::optional<write_guard>
    try_lock() {
        return try_as<write_guard>("shared_mutex::try_lock");
    }

    /// Takes the lock for reading if that is possible without overtaking.
    ///
    /// Result: empty when a task writes, or when anybody waits.
    /// Errors: as lock(), and std::logic_error outside of a task.
    [[nodiscard("keep the guard, or it is unlocked at "
                "once")]] std::optional<read_guard>
    try_lock_shared() {
        return try_as<read_guard>("shared_mutex::try_lock_shared");
    }

    /// Result: who holds it and how many wait, for logs and dumps.
    [[nodiscard]] shared_mutex_statistics statistics() const noexcept {
        return {writer_ != nullptr, broken_.has_value(), readers_,
                writer_ ? writer_->name() : std::string_view(),
                waiters_.size()};
    }

private:
    friend class detail::shared_lock_hold;
    friend class detail::shared_lock_wait;

    template<class Guard>
    std::optional<Guard> try_as(char const* verb) {
        detail::task_record& me = detail::this_holder(verb);
        check_use(me);
        if (!take(me, Guard::exclusive))
            return std::nullopt;
        return Guard(*this, me);
    }

    bool held() const noexcept { return writer_ || readers_ != 0; }
    bool fits(bool exclusive) const noexcept {
        return !writer_ && !(exclusive && readers_ != 0);
    }
    bool take(detail::task_record& me, bool exclusive) noexcept {
        if (!waiters_.empty() || !fits(exclusive))
            return false;
        admit(me, exclusive);
        return true;
    }
    void admit(detail::task_record& who, bool exclusive) noexcept;
    void leave(detail::task_record& who, bool exclusive) noexcept;
    void serve() noexcept;
    void check_use(detail::task_record const& me);
    void break_now(std::exception_ptr why) noexcept;
    void holder_ended(detail::task_record& ended,
                      detail::task_record* heir) noexcept override;

    detail::waiter_queue waiters_{"a shared mutex"};
    detail::intrusive_list<detail::shared_lock_hold> holds_; // the guards
    detail::loop* home_ = nullptr;                           // of the holders
    detail::task_record* writer_ = nullptr;
    std::size_t readers_ = 0;
    std::optional<std::exception_ptr> broken_; // constinit, unlike the pointer
};

TETHER_END_NAMESPACE

#include <tether/sync/detail/shared_lock_wait.hpp>

#endif
