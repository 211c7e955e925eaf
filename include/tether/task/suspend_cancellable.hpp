// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for a callback? `suspend_cancellable` hands out a
/// completion and takes an abort function for the case of a cancel.
#ifndef TETHER_TASK_SUSPEND_CANCELLABLE_HPP
#define TETHER_TASK_SUSPEND_CANCELLABLE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/completion.hpp>
#include <tether/task/detail/suspend_wait.hpp>

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T, class F>
class callback_wait final : public suspend_wait<T> {
    using abort_type = std::invoke_result_t<F&, completion<T>>;
    static constexpr bool no_abort = std::is_void_v<abort_type>;
    struct nothing {};

public:
    callback_wait(F&& fn, std::source_location here)
        : suspend_wait<T>(here), fn_(std::forward<F>(fn)) {}

    void start() {
        this->begin([this] {
            if constexpr (no_abort)
                fn_(completion<T>(*this));
            else
                abort_.emplace(fn_(completion<T>(*this)));
        });
    }

    abort_result abort() noexcept override {
        if constexpr (no_abort) {
            return abort_result::pending;
        } else {
            return this->aborted_by([this] {
                if constexpr (std::is_void_v<
                                  std::invoke_result_t<abort_type&>>) {
                    (*abort_)();
                    return abort_result::done;
                } else {
                    return static_cast<abort_result>((*abort_)());
                }
            });
        }
    }

private:
    F fn_;
    std::optional<std::conditional_t<no_abort, nothing, abort_type>> abort_;
};

template<class T, class F>
class [[nodiscard("co_await it: nothing is started before")]] callback_op {
public:
    template<class G>
    callback_op(G&& fn, std::source_location here)
        : fn_(std::forward<G>(fn)), where_(here) {}
    callback_wait<T, F> connect() && {
        return callback_wait<T, F>(std::move(fn_), where_);
    }
    std::source_location where() const noexcept { return where_; }

private:
    F fn_;
    std::source_location where_;
};

} // namespace detail

/// Suspends the task until a callback completes it.
///
/// Parameters: `start` is decay-copied and called once, when the operation is
/// awaited, with a `completion<T>` to be kept by whoever calls back. It returns
/// the abort function, called at most once, when the waiting task is cancelled:
/// without result, or with `abort_result::done`, it promises that the operation
/// did not happen; with `abort_result::pending` the task waits on, for the late
/// result or for `completion::stopped()`. An abort function that destroys the
/// completion, or calls its `stopped()`, has answered done. Without an abort
/// function (`start` returns void) a cancel waits for the result.
/// Result: the value given to the completion.
/// Errors: what `completion::fail` was given; what `start` threw;
/// operation_abandoned if the completion was destroyed unused. An abort
/// function that throws ends the program with a sentence that names this line.
/// Completes when: the completion is called; always a checkpoint.
/// On cancellation: calls the abort function.
/// Never lost: a value that comes before the abort, or after a pending one.
/// Threads: `start`, the abort function and the completion stay on the loop of
/// the task; other threads use `completion::remote()`.
/// Example:
/// ```
/// int code = co_await suspend_cancellable<int>([&](completion<int> done) {
///     timer_id id = legacy.call_later(keep(std::move(done)));
///     return [&legacy, id] { legacy.forget(id); };
/// });
/// ```
/// Source: Trio's wait_task_rescheduled, with the answer of the abort as a
/// value.
template<class T = void, class F>
    requires std::is_invocable_v<std::decay_t<F>&, completion<T>>
[[nodiscard("co_await it: nothing is started before")]] auto
suspend_cancellable(
    F&& start, std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::callback_op<T, std::decay_t<F>>(std::forward<F>(start),
                                                   here);
}

TETHER_END_NAMESPACE

#endif
