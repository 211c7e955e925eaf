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

class yield_wait final : public wait {
public:
    bool ready() const noexcept { return false; }
    void start() noexcept {
        task_record& r = *record();
        r.next = step::resume;
        r.home->enqueue(r);
    }
    void result() const noexcept {}

    // Stands in the ready queue: the stop takes it over in place.
    abort_result abort() noexcept override {
        record()->next = step::unwind;
        return abort_result::pending;
    }
    char const* description() const noexcept override { return "its turn"; }
};

class check_wait final : public wait {
public:
    bool ready() const noexcept { return true; }
    void start() const noexcept {}
    void result() const noexcept {}
    abort_result abort() noexcept override { return abort_result::done; }
    char const* description() const noexcept override { return "a check"; }
};

// A turn in the ready queue that no cancel looks at: nothing is registered, so
// nothing can be aborted.
class uncancellable_yield {
public:
    explicit uncancellable_yield(frame_base& frame) noexcept : frame_(&frame) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        task_record& r = *frame_->record;
        r.next = step::resume;
        r.parked = true;
        r.home->enqueue(r);
    }
    void await_resume() const noexcept {}

private:
    frame_base* frame_;
};

class [[nodiscard("co_await the checkpoint")]] uncancellable_yield_op {
public:
    explicit uncancellable_yield_op(std::source_location here) noexcept
        : where_(here) {}
    uncancellable_yield make_awaiter(frame_base& frame) const noexcept {
        return uncancellable_yield(frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    std::source_location where_;
};

template<class Wait>
class [[nodiscard("co_await the checkpoint")]] plain_awaitable {
public:
    explicit plain_awaitable(std::source_location here) noexcept
        : where_(here) {}
    Wait connect() const noexcept { return Wait(); }
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
    return detail::plain_awaitable<detail::yield_wait>(here);
}

/// Lets every other ready task run once and is no checkpoint: for code that
/// must be fair but may not be stopped here, say between two steps that belong
/// together.
///
/// Completes when: the task's turn comes again. Not a checkpoint.
/// On cancellation: goes on; the stop comes at the next checkpoint.
[[nodiscard("co_await the checkpoint")]] inline auto cancel_shielded_checkpoint(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::uncancellable_yield_op(here);
}

/// Stops the task if it is cancelled, otherwise costs a flag test; does not
/// yield until the task's budget of immediate completions is used up.
///
/// Completes when: at once, or after a turn of the others when the budget is
/// used up. Always a checkpoint.
/// On cancellation: stops here.
[[nodiscard("co_await the checkpoint")]] inline auto checkpoint_if_cancelled(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::plain_awaitable<detail::check_wait>(here);
}

TETHER_END_NAMESPACE

#endif
