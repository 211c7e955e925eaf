// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How long may this take? Deadlines that fail, and deadlines that move on.
#ifndef TETHER_SCOPE_DEADLINE_HPP
#define TETHER_SCOPE_DEADLINE_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// When: a duration from the await on, or a point in time.
struct deadline_spec {
    duration after = (duration::max)();
    time_point at = (time_point::max)();
    bool relative = false;
    std::string_view name{};
    std::source_location where{};

    void apply(cancel_scope& scope) const noexcept {
        scope_access::set_label(scope, name);
        if (relative)
            scope_access::set_duration(scope, after);
        else
            scope_access::set_deadline(scope, at);
    }
    bool over(loop const& home) const noexcept {
        return relative ? after == duration::zero() : at <= home.now();
    }
};

template<class F, class T, bool Fail>
class deadline_awaiter final : private own_scope, public scoped_body<F, T> {
public:
    deadline_awaiter(frame_base& frame, deadline_spec const& spec, F&& fn)
        : scoped_body<F, T>(frame, own_scope::made, std::forward<F>(fn)),
          spec_(spec) {
        spec_.apply(own_scope::made);
    }

    // A task that has no time at all is not started (SC10).
    bool await_suspend(std::coroutine_handle<> h) {
        if constexpr (is_awaitable_body<std::remove_reference_t<F>>) {
            if (spec_.over(*this->record().home())) {
                unstarted_ = true;
                this->mark_stopped();
                return false;
            }
        }
        scoped_body<F, T>::await_suspend(h);
        return true;
    }

    std::conditional_t<Fail, T, optional_result<T>> await_resume() {
        if (this->error() && scope_access::expired(this->scope()))
            rethrow_with_context();
        this->rethrow_error();
        if constexpr (!Fail) {
            return this->optional_value();
        } else {
            if (this->stopped()) {
                if (unstarted_ || scope_access::expired(this->scope()))
                    throw timeout();
                if constexpr (!std::is_void_v<T>)
                    throw cancelled_error(this->scope().reason(), spec_.name);
            }
            if constexpr (!std::is_void_v<T>)
                return this->take_value();
        }
    }

private:
    timeout_error timeout() const {
        return timeout_error(
            spec_.name,
            spec_.relative
                ? std::optional(
                      std::chrono::duration_cast<std::chrono::nanoseconds>(
                          spec_.after))
                : std::nullopt,
            spec_.where, scope_access::waiting_at(this->scope()));
    }

    // The group that failed while it was being stopped says that a deadline
    // was the cause (EG41).
    void rethrow_with_context() {
        try {
            this->rethrow_error();
        } catch (exception_group const& group) {
            throw group.with_context(std::make_exception_ptr(timeout()));
        }
    }

    deadline_spec spec_;
    bool unstarted_ = false;
};

template<class F, bool Fail>
class [[nodiscard("co_await the deadline")]] deadline_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, cancel_scope>;

    deadline_op(deadline_spec const& spec, F&& fn)
        : spec_(spec), fn_(std::forward<F>(fn)) {}

    auto make_awaiter(frame_base& frame) && {
        return deadline_awaiter<F, value_type, Fail>(frame, spec_,
                                                     std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return spec_.where; }

private:
    deadline_spec spec_;
    F fn_;
};

template<bool Fail, class X>
auto make_deadline(deadline_spec const& spec, X&& work) {
    if constexpr (awaitable<X>) {
        using body = awaitable_body<std::remove_cvref_t<X>>;
        return deadline_op<body, Fail>(spec, body(std::forward<X>(work)));
    } else {
        TETHER_CHECK_BODY(X);
        return deadline_op<X, Fail>(spec, std::forward<X>(work));
    }
}

template<class Rep, class Period>
deadline_spec after(std::chrono::duration<Rep, Period> d, std::string_view name,
                    std::source_location here, char const* verb) {
    return {to_loop_duration(d, verb), (time_point::max)(), true, name, here};
}

inline deadline_spec at(time_point when, std::string_view name,
                        std::source_location here) {
    return {(duration::max)(), when, false, name, here};
}

} // namespace detail

/// Runs `work` and fails if it takes longer than `d`.
///
/// Parameters: `d` counts from the await; `duration::max()` is no limit.
/// `work` is an awaitable, or a coroutine function taking nothing or the
/// `cancel_scope&` of the deadline (to move it); an lvalue function is used in
/// place. `name` appears in the error and must outlive the await.
/// Result: what the work produced, also when it did so after the deadline.
/// Errors: timeout_error if this deadline, and no scope around it, stopped the
/// work; cancelled_error if the scope was cancelled by hand and the work has
/// no value (void: returns); what the work threw. std::invalid_argument for a
/// negative duration.
/// Completes when: the work has ended, cleanup included. Zero time runs a
/// function up to its first checkpoint and does not start an awaitable.
/// On cancellation: a cancel from outside stops the work and passes on.
/// Never lost: an error of the work during the timeout is thrown; if it is an
/// exception_group it carries the timeout_error as context.
/// Example:
/// \code
/// auto page = co_await fail_after(5s, fetch(url));
/// \endcode
/// Source: Trio's fail_after.
template<class Rep, class Period, class X>
[[nodiscard("co_await the deadline")]] auto
fail_after(std::chrono::duration<Rep, Period> d, X&& work,
           std::source_location here = std::source_location::current()) {
    return detail::make_deadline<true>(detail::after(d, {}, here, "fail_after"),
                                       std::forward<X>(work));
}
/// \overload
template<class Rep, class Period, class X>
[[nodiscard("co_await the deadline")]] auto
fail_after(std::chrono::duration<Rep, Period> d, std::string_view name,
           X&& work,
           std::source_location here = std::source_location::current()) {
    return detail::make_deadline<true>(
        detail::after(d, name, here, "fail_after"), std::forward<X>(work));
}

/// fail_after() with a point in time.
///
/// Completes when: the work has ended.
/// On cancellation: as fail_after().
template<class X>
[[nodiscard("co_await the deadline")]] auto
fail_at(std::chrono::steady_clock::time_point when, X&& work,
        std::source_location here = std::source_location::current()) {
    return detail::make_deadline<true>(detail::at(when, {}, here),
                                       std::forward<X>(work));
}
/// \overload
template<class X>
[[nodiscard("co_await the deadline")]] auto
fail_at(std::chrono::steady_clock::time_point when, std::string_view name,
        X&& work, std::source_location here = std::source_location::current()) {
    return detail::make_deadline<true>(detail::at(when, name, here),
                                       std::forward<X>(work));
}

/// Runs `work` for at most `d`, then goes on without it.
///
/// Parameters: as fail_after().
/// Result: `std::optional<T>`, empty if the deadline (or a cancel of its scope
/// by hand) stopped the work; for void work a bool, whether it ended by itself.
/// Errors: what the work threw; never one for time.
/// Completes when: the work has ended, cleanup included.
/// On cancellation: as fail_after().
/// Example:
/// \code
/// auto recs = co_await move_on_after(200ms, recommend(user));
/// if (!recs) recs = defaults(user);
/// \endcode
/// Source: Trio's move_on_after.
template<class Rep, class Period, class X>
[[nodiscard("co_await the deadline")]] auto
move_on_after(std::chrono::duration<Rep, Period> d, X&& work,
              std::source_location here = std::source_location::current()) {
    return detail::make_deadline<false>(
        detail::after(d, {}, here, "move_on_after"), std::forward<X>(work));
}

/// move_on_after() with a point in time.
///
/// Completes when: the work has ended.
/// On cancellation: as fail_after().
template<class X>
[[nodiscard("co_await the deadline")]] auto
move_on_at(std::chrono::steady_clock::time_point when, X&& work,
           std::source_location here = std::source_location::current()) {
    return detail::make_deadline<false>(detail::at(when, {}, here),
                                        std::forward<X>(work));
}

TETHER_END_NAMESPACE

#endif
