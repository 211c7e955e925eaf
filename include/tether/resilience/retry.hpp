// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is an operation tried again when it fails? With retry(), which knows
/// what must not be tried again and when it is too late.
#ifndef TETHER_RESILIENCE_RETRY_HPP
#define TETHER_RESILIENCE_RETRY_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/detail/retry_course.hpp>
#include <tether/resilience/retry_policy.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct retry_default {
    bool operator()(std::exception_ptr const& error) const noexcept {
        return retryable_by_default(error);
    }
};
template<class... E>
struct retry_these {
    bool operator()(std::exception_ptr const& error) const noexcept {
        std::exception const* const known = as_std_exception(error);
        return (exception_as<E>(error, known) || ...);
    }
};
struct retry_quietly {
    void operator()(retry_notice const&) const noexcept {}
};

// The function may take the number of the attempt.
template<class F>
auto begin_attempt(F& fn, std::size_t attempt) {
    if constexpr (std::is_invocable_v<F&, std::size_t>)
        return as_task(fn, attempt);
    else
        return as_task(fn);
}
template<class F>
struct attempt_call {
    static constexpr bool counted = std::is_invocable_v<F&, std::size_t>;
    static_assert(counted || std::is_invocable_v<F&>,
                  "the function of retry is called with nothing or with the "
                  "number of the attempt, a std::size_t");
    using type =
        typename std::conditional_t<counted,
                                    std::invoke_result<F&, std::size_t>,
                                    std::invoke_result<F&>>::type;
    static_assert(awaitable<type>,
                  "the function of retry is called once for each attempt and "
                  "returns what is awaited: let it return tether::task<T>");
};
template<class F>
using attempt_value_t =
    await_result_t<typename attempt_call<std::remove_reference_t<F>>::type>;

// What follows an attempt that failed with `error`. The references are to the
// operation.
template<class T, class F, class Retryable, class Notify>
task<T> retry_again(retry_course course, std::exception_ptr error, F& fn,
                    Retryable& retryable, Notify& notify) {
    for (;;) {
        std::size_t const attempt = course.attempt();
        duration const pause =
            course.failed(error, retryable, this_task::now(),
                          this_task::deadline(), this_task::cancel_requested());
        std::invoke(notify, retry_notice{attempt, error, pause});
        error = nullptr;
        if (course.policy().ends_on_soft_cancel) {
            bool const slept = co_await soft_cancellable(sleep_for(pause));
            if (!slept)
                course.ended_in_pause();
        } else {
            co_await sleep_for(pause);
        }
        try {
            co_return co_await begin_attempt(fn, course.attempt());
        } catch (...) {
            error = std::current_exception();
        }
    }
}

// Makes the first attempt without a frame of its own; the others have one.
template<class Op>
class retry_awaiter final : public body_runner {
    using T = typename Op::value_type;

public:
    retry_awaiter(Op& op, frame_base& frame)
        : body_runner(frame),
          op_(&op),
          limits_(op.policy(), [this] { return record().home()->now(); }) {}

    void await_suspend(std::coroutine_handle<>) {
        try {
            run(op_->begin(), cell_);
        } catch (...) {
            go_on(std::current_exception());
        }
    }
    T await_resume() {
        if (error_) [[unlikely]]
            std::rethrow_exception(std::exchange(error_, nullptr));
        return cell_.take();
    }

    pump_next body_finished(task_record&) noexcept override {
        error_ = take_error();
        if (!error_ || !first_) [[likely]]
            resume_host();
        else
            try_again();
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record&) noexcept override {
        stop_host();
        return pump_next::go_on;
    }

private:
    [[gnu::noinline]] void try_again() noexcept {
        try {
            go_on(std::exchange(error_, nullptr));
        } catch (...) { // no memory
            error_ = std::current_exception();
            resume_host();
        }
    }
    void go_on(std::exception_ptr error) {
        first_ = false;
        run(op_->again(retry_course(op_->policy(), limits_), std::move(error)),
            cell_);
    }

    Op* op_;
    retry_limits limits_;
    std::exception_ptr error_;
    [[no_unique_address]] result_cell<T> cell_;
    bool first_ = true;
};

template<class F, class Retryable, class Notify>
class [[nodiscard("co_await the retry")]] retry_op {
public:
    using value_type = attempt_value_t<F>;

    retry_op(retry_policy const& policy, F&& fn, Retryable&& retryable,
             Notify&& notify, std::source_location here)
        : policy_(policy),
          fn_(std::forward<F>(fn)),
          retryable_(std::forward<Retryable>(retryable)),
          notify_(std::forward<Notify>(notify)),
          where_(here) {}

    /// Retries what `retryable(std::exception_ptr const&)` says; it is asked
    /// about each leaf of a group.
    template<class P>
    auto when(P&& retryable) && {
        TETHER_CHECK_BODY(P);
        static_assert(
            std::predicate<std::remove_reference_t<P>&,
                           std::exception_ptr const&>,
            "when() takes a predicate of a std::exception_ptr const&");
        return retry_op<F, P, Notify>(policy_, std::forward<F>(fn_),
                                      std::forward<P>(retryable),
                                      std::forward<Notify>(notify_), where_);
    }
    /// Retries errors of these types and of types derived from them.
    template<class... E>
        requires(sizeof...(E) > 0)
    auto on() && {
        return std::move(*this).when(retry_these<E...>());
    }
    /// Calls `notify(retry_notice const&)` before each pause.
    template<class N>
    auto on_retry(N&& notify) && {
        TETHER_CHECK_BODY(N);
        static_assert(std::is_invocable_v<std::remove_reference_t<N>&,
                                          retry_notice const&>,
                      "on_retry() takes a function of a retry_notice const&");
        return retry_op<F, Retryable, N>(policy_, std::forward<F>(fn_),
                                         std::forward<Retryable>(retryable_),
                                         std::forward<N>(notify), where_);
    }

    // All of it stays here, where it is until the await is over.
    retry_awaiter<retry_op> make_awaiter(frame_base& frame) && {
        return retry_awaiter<retry_op>(*this, frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    friend class retry_awaiter<retry_op>;

    retry_policy const& policy() const noexcept { return policy_; }
    task<value_type> begin() { return begin_attempt(fn_, 1); }
    task<value_type> again(retry_course&& course, std::exception_ptr&& error) {
        return retry_again<value_type>(std::move(course), std::move(error), fn_,
                                       retryable_, notify_);
    }

    retry_policy policy_;
    F fn_;
    Retryable retryable_;
    Notify notify_;
    std::source_location where_;
};

} // namespace detail

/// Calls `fn` until what it returns succeeds.
///
/// `.on<E...>()` says which errors are tried again, or `.when(predicate)`;
/// otherwise retryable_by_default(). A group is tried again when all its leaves
/// are. A stop and a cancelled_error never are. `.on_retry(f)` calls
/// `f(retry_notice const&)` before each pause.
/// Parameters: `fn` takes nothing or the number of the attempt, from one, and
/// returns a task or another awaitable; lvalues are used in place and must
/// outlive the await. See retry_policy.
/// Result: that of the attempt that succeeded.
/// Errors: retry_failed with the errors of all attempts when it gives up: there
/// were max_attempts, the next one would not begin before the deadline of the
/// scopes around it, the total or the budget is used up, or there was a soft
/// cancel and the policy ends with it. An error that is not
/// to be tried again, as it is; those before it were told to on_retry. What
/// the predicate or on_retry throw. std::invalid_argument for zero attempts.
/// Completes when: an attempt has succeeded, or it gives up, which it does
/// before the pause and not after it. A checkpoint between attempts.
/// On cancellation: the attempt is stopped, or the pause, at once. An attempt
/// that fails although it was cancelled is the last one.
/// Example:
/// ```
/// auto const page = co_await retry(
///     {.max_attempts = 5, .backoff = backoff::exponential(100ms, 2.0, 5s),
///      .jitter = jitter::full},
///     [&] { return fail_after(1s, fetch(url)); })
///     .on<network_error, timeout_error>();
/// ```
template<class F>
[[nodiscard("co_await the retry")]] auto
retry(retry_policy const& policy, F&& fn,
      std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::retry_op<F, detail::retry_default, detail::retry_quietly>(
        policy, std::forward<F>(fn), detail::retry_default{},
        detail::retry_quietly{}, here);
}

TETHER_END_NAMESPACE

#endif
