// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a long computation stay cancellable and fair? Explicit checkpoints.
#ifndef TETHER_TASK_CHECKPOINT_HPP
#define TETHER_TASK_CHECKPOINT_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/awaitable.hpp>

#include <coroutine>
#include <source_location>

TETHER_BEGIN_NAMESPACE

namespace detail {

// What a task is suspended in while others run is its place in the ready queue:
// no wait is registered, and the awaiters are empty.
class yielder {
public:
    void await_resume() const noexcept {}

protected:
    // A `checkpoint` is taken out of the queue by a stop.
    static void yield(loop& home, task_record& r, bool checkpoint) noexcept {
        r.next = step::resume;
        r.parked = true;
        r.yields = checkpoint;
        home.enqueue(r);
    }
};

class yield_awaiter : public yielder {
public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        loop& home = *running_loop();
        task_record& r = *home.current();
        if (home.stops_here(r)) [[unlikely]]
            r.next = step::unwind;
        else
            yield(home, r, true);
    }
};

class check_awaiter : public yielder {
public:
    bool await_ready() const noexcept {
        loop& home = *running_loop();
        return !home.stops_here(*home.current()) && home.spend_budget();
    }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        loop& home = *running_loop();
        task_record& r = *home.current();
        if (r.stop_pending())
            r.next = step::unwind;
        else
            yield(home, r, false);
    }
};

// No cancel looks at it.
class uncancellable_awaiter : public yielder {
public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        loop& home = *running_loop();
        yield(home, *home.current(), false);
    }
};

template<class Awaiter>
class [[nodiscard("co_await the checkpoint")]] yield_op {
public:
    explicit yield_op(std::source_location here) noexcept : where_(here) {}
    Awaiter make_awaiter(frame_base&) const noexcept { return Awaiter(); }
    std::source_location where() const noexcept { return where_; }

private:
    std::source_location where_;
};

} // namespace detail

/// Lets every other ready task run once, and is a checkpoint.
///
/// Completes when: the task's turn comes again.
/// On cancellation: stops here, also when the cancel comes while it waits for
/// its turn.
/// Example:
/// \code
/// for (auto const& row : table) {
///     work(row);
///     co_await checkpoint();
/// }
/// \endcode
[[nodiscard("co_await the checkpoint")]] inline auto checkpoint(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::yield_op<detail::yield_awaiter>(here);
}

/// Lets every other ready task run once and is no checkpoint: for code that
/// must be fair but may not be stopped here, say between two steps that belong
/// together.
///
/// Completes when: the task's turn comes again. Not a checkpoint.
/// On cancellation: goes on; the stop comes at the next checkpoint.
[[nodiscard("co_await the checkpoint")]] inline auto cancel_shielded_checkpoint(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::yield_op<detail::uncancellable_awaiter>(here);
}

/// Stops the task if it is cancelled, otherwise costs a flag test; does not
/// yield until the task's budget of immediate completions is used up.
///
/// Completes when: at once, or after a turn of the others when the budget is
/// used up. Always a checkpoint.
/// On cancellation: stops here.
[[nodiscard("co_await the checkpoint")]] inline auto checkpoint_if_cancelled(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::yield_op<detail::check_awaiter>(here);
}

TETHER_END_NAMESPACE

#endif
