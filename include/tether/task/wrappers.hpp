// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is an awaitable decorated without a coroutine written for it? `then`
/// maps its value, `map_error` its error, `with_context` says what failed.
#ifndef TETHER_TASK_WRAPPERS_HPP
#define TETHER_TASK_WRAPPERS_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class F, class T>
struct then_result {
    using type = std::invoke_result_t<F&, T>;
};
template<class F>
struct then_result<F, void> {
    using type = std::invoke_result_t<F&>;
};

template<class F, class A>
using then_result_t = typename then_result<F, await_result_t<A>>::type;

template<class A, class F>
task<then_result_t<F, A>> then_task(A inner, F fn) {
    if constexpr (std::is_void_v<await_result_t<A>>) {
        co_await static_cast<A&&>(inner);
        co_return std::invoke(fn);
    } else {
        co_return std::invoke(fn, co_await static_cast<A&&>(inner));
    }
}

template<class A, class F>
task<await_result_t<A>> map_error_task(A inner, F fn) {
    std::exception_ptr error;
    try {
        co_return co_await static_cast<A&&>(inner);
    } catch (...) {
        error = std::current_exception();
    }
    // Outside of the handler, so that the new exception is not nested in it.
    std::rethrow_exception(std::invoke(fn, std::move(error)));
}

template<class A>
task<await_result_t<A>> with_context_task(A inner, std::string text) {
    try {
        co_return co_await static_cast<A&&>(inner);
    } catch (...) {
        std::throw_with_nested(std::runtime_error(
            text + ": " + what_of(std::current_exception())));
    }
}

} // namespace detail

/// Passes the value of an awaitable through a plain function.
///
/// Parameters: `inner` and `fn` are moved or copied into the operation.
/// Result: what `fn(value)` gives, or `fn()` for an awaitable without value; a
/// reference stays a reference.
/// Errors: those of `inner`, for which `fn` is not called, and what `fn`
/// throws.
/// Completes when: `inner` does; a checkpoint exactly if `inner` is one.
/// On cancellation: passed to `inner`; `fn` is not called after a stop.
/// Example:
/// ```
/// auto size = co_await then(fetch(url), &page::size);
/// ```
template<awaitable A, class F>
[[nodiscard("co_await the operation")]] auto then(A&& inner, F&& fn) {
    TETHER_CHECK_BODY(F);
    return detail::then_task<std::remove_cvref_t<A>, std::decay_t<F>>(
        std::forward<A>(inner), std::forward<F>(fn));
}

/// Replaces the error of an awaitable.
///
/// Parameters: `fn` takes a `std::exception_ptr` and returns the one to throw,
/// which may be the same.
/// Result: the value of `inner`, unchanged.
/// Errors: what `fn` returned or threw.
/// Completes when: `inner` does; a checkpoint exactly if `inner` is one.
/// On cancellation: passed to `inner`. A stop is no error: `fn` is not called.
/// Example:
/// ```
/// auto row = co_await map_error(query(sql), to_domain_error);
/// ```
template<awaitable A, class F>
    requires std::is_invocable_r_v<std::exception_ptr, std::decay_t<F>&,
                                   std::exception_ptr>
[[nodiscard("co_await the operation")]] auto map_error(A&& inner, F&& fn) {
    TETHER_CHECK_BODY(F);
    return detail::map_error_task<std::remove_cvref_t<A>, std::decay_t<F>>(
        std::forward<A>(inner), std::forward<F>(fn));
}

/// Says in the error what was being done.
///
/// Parameters: `text` is copied; it comes first in the new message.
/// Result: the value of `inner`, unchanged.
/// Errors: std::runtime_error "text: what", in which the original error is
/// nested (std::rethrow_if_nested gives it back).
/// Completes when: `inner` does; a checkpoint exactly if `inner` is one.
/// On cancellation: passed to `inner`.
/// Example:
/// ```
/// co_await with_context(connect(host), "while connecting to " + host);
/// ```
template<awaitable A>
[[nodiscard("co_await the operation")]] auto with_context(A&& inner,
                                                          std::string text) {
    return detail::with_context_task<std::remove_cvref_t<A>>(
        std::forward<A>(inner), std::move(text));
}

TETHER_END_NAMESPACE

#endif
