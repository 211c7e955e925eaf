// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Of what does a user build a primitive with the right behaviour? A queue of
/// tasks that wait until somebody lets them go on.
#ifndef TETHER_SYNC_PARKING_LOT_HPP
#define TETHER_SYNC_PARKING_LOT_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
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

class parking_lot;

namespace detail {
class park_wait;
using park_op = wait_op<park_wait, parking_lot*>;
} // namespace detail

/// What parking_lot::statistics() tells.
struct parking_lot_statistics {
    std::size_t parked;     ///< tasks in park()
    bool broken;            ///< break_lot() was called, or the task ended
    std::string_view owner; ///< whom it is tied to; valid until that task ends
};

/// A queue of waiting tasks, and nothing else: the part from which other
/// primitives are built.
///
/// Invariant: strictly first come, first served. A task that unpark() has let
/// go returns from park(), also when it is cancelled before it runs: the stop
/// comes at its next checkpoint, so what it was let go for is not lost.
/// Errors: destroying it with waiters writes a sentence that names them and
/// terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// while (tokens == 0)       // a semaphore without fairness to newcomers
///     co_await lot.park();
/// --tokens;                 // and elsewhere: ++tokens, lot.unpark();
/// ```
/// Source: Trio's ParkingLot.
class parking_lot final : private detail::held_object {
public:
    constexpr parking_lot() noexcept = default;
    parking_lot(parking_lot const&) = delete;
    parking_lot& operator=(parking_lot const&) = delete;
    ~parking_lot() { let_go(); }

    /// Waits until unpark() reaches this task.
    ///
    /// Errors: broken_resource when the lot is broken; std::logic_error when
    /// tasks of another loop wait.
    /// Completes when: the task is the first in the queue and is let go. Always
    /// a checkpoint.
    /// On cancellation: the task leaves the queue in O(1), and only it.
    /// Never lost: once it was let go it returns.
    [[nodiscard("co_await the parking lot")]] detail::park_op
    park(detail::call_site here = TETHER_HERE) noexcept {
        return detail::park_op(here, this);
    }

    /// Lets the first `n` go on.
    ///
    /// Result: how many did; fewer when fewer were parked.
    /// Errors: std::logic_error when tasks of another loop wait.
    std::size_t unpark(std::size_t n = 1) {
        waiters_.check_use();
        std::size_t woken = 0;
        for (; woken != n && !waiters_.empty(); ++woken)
            waiters_.pop_front().complete();
        return woken;
    }

    /// Lets all go on. The same otherwise.
    std::size_t unpark_all() { return unpark(waiters_.size()); }

    /// Moves the first `n` to the end of another lot's queue, in their order.
    ///
    /// Result: how many were moved.
    /// Errors: std::invalid_argument when that is the same lot;
    /// broken_resource when it is broken; std::logic_error when tasks of
    /// another loop wait in either. Nobody is moved then.
    std::size_t repark(parking_lot& other,
                       std::size_t n = static_cast<std::size_t>(-1));

    /// Wakes all who are parked with broken_resource; parking fails from now
    /// on.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    void break_lot() {
        waiters_.check_use();
        break_now(std::make_exception_ptr(
            broken_resource("the parking lot was broken")));
    }

    /// Breaks the lot when the running task ends, unless untie() came first:
    /// for a task that alone can let the others go on.
    ///
    /// Errors: std::logic_error outside of a task, and when the lot is tied
    /// already.
    void tie_to_this_task() {
        detail::task_record& me =
            detail::this_holder("parking_lot::tie_to_this_task");
        if (owner_)
            throw std::logic_error("parking_lot: tied to " +
                                   detail::task_text(*owner_) + " already");
        me.home()->hold(*this);
        owner_ = &me;
        me.took();
    }

    /// Takes tie_to_this_task() back.
    ///
    /// Errors: std::logic_error when the lot is not tied to the running task.
    void untie() {
        if (!owner_)
            throw std::logic_error("parking_lot::untie: tied to no task");
        detail::check_release("parking_lot::untie", *owner_);
        let_go();
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] parking_lot_statistics statistics() const noexcept {
        return {waiters_.size(), broken_.has_value(),
                owner_ ? owner_->name() : std::string_view()};
    }

private:
    friend class detail::park_wait;

    void check_use() {
        waiters_.check_use();
        if (broken_)
            std::rethrow_exception(*broken_);
    }
    void let_go() noexcept {
        if (detail::task_record* const r = std::exchange(owner_, nullptr)) {
            r->gave_back();
            unlink();
        }
    }
    void break_now(std::exception_ptr why) noexcept;
    void holder_ended(detail::task_record& ended,
                      detail::task_record* heir) noexcept override;

    detail::waiter_queue waiters_{"a parking lot"};
    detail::task_record* owner_ = nullptr;
    std::optional<std::exception_ptr> broken_; // constinit, unlike the pointer
};

namespace detail {

class park_wait final : public queued_wait {
public:
    explicit park_wait(parking_lot* lot) noexcept : lot_(lot) {}
    ~park_wait() {
        if (linked())
            lot_->waiters_.remove(*this);
    }

    bool ready() {
        lot_->check_use();
        return false;
    }
    void start() noexcept { lot_->waiters_.push_back(*this); }
    void result() const {
        if (broken_)
            std::rethrow_exception(broken_);
    }

    void move_to(parking_lot& other) noexcept {
        other.waiters_.take_over(*this);
        lot_ = &other;
    }
    // The lot may be gone before the task runs.
    void broke(std::exception_ptr const& why) noexcept {
        broken_ = why;
        complete();
    }
    abort_result abort() noexcept override {
        lot_->waiters_.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "a parking lot";
    }

private:
    parking_lot* lot_;
    std::exception_ptr broken_;
};

} // namespace detail

inline std::size_t parking_lot::repark(parking_lot& other, std::size_t n) {
    if (&other == this)
        throw std::invalid_argument(
            "parking_lot::repark: from a lot to the same lot");
    waiters_.check_use();
    other.check_use();
    std::size_t moved = 0;
    for (; moved != n && !waiters_.empty(); ++moved)
        static_cast<detail::park_wait&>(waiters_.front()).move_to(other);
    return moved;
}

inline void parking_lot::break_now(std::exception_ptr why) noexcept {
    if (!broken_)
        broken_ = std::move(why);
    while (!waiters_.empty())
        static_cast<detail::park_wait&>(waiters_.pop_front()).broke(*broken_);
}

inline void parking_lot::holder_ended(detail::task_record& ended,
                                      detail::task_record* heir) noexcept {
    if (owner_ != &ended)
        return;
    ended.gave_back();
    if (heir) {
        owner_ = heir;
        heir->took();
        return;
    }
    owner_ = nullptr;
    unlink();
    break_now(detail::broken_by("the parking lot", ended));
}

TETHER_END_NAMESPACE

#endif
