// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How long did it take, however it ended? `timed_operation` tells, also after
/// an error or a stop.
#ifndef TETHER_RESILIENCE_TIMED_OPERATION_HPP
#define TETHER_RESILIENCE_TIMED_OPERATION_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What timed_operation() tells.
struct operation_timing {
    std::string_view name;                        ///< lives during the call
    std::chrono::steady_clock::duration duration; ///< by the loop's clock
    exit_reason const& how;                       ///< value, error or stop
};

namespace detail {

template<class T, class F, class Sink>
task<T> timed(std::string name, F fn, Sink sink) {
    auto const begun = this_task::now();
    auto work = [&]() -> task<T> { return std::invoke(fn); };
    auto tell = [&](exit_reason const& how) -> task<> {
        std::invoke(sink,
                    operation_timing{name, this_task::now() - begun, how});
        co_return;
    };
    co_return co_await async_try(work).finally(tell);
}

} // namespace detail

/// Does `work` and tells `sink` how long that took.
///
/// Parameters: `name` is copied; `work` is an awaitable, which is moved in, or
/// a coroutine function without parameters; `sink` is called once, with an
/// operation_timing. Lvalues of functions are used in place and must outlive
/// the await.
/// Result: what the work produced; a reference stays a reference.
/// Errors: what the work threw; what the sink threw, beside it as with `with`.
/// Completes when: the work has ended.
/// On cancellation: the work is stopped, then the sink is called; not when the
/// context is destroyed.
/// Example:
/// ```
/// auto log = [&](operation_timing const& t) { note(t.name, t.duration); };
/// auto const page = co_await timed_operation("fetch", fetch(url), log);
/// ```
template<class X, class Sink>
[[nodiscard("co_await the work")]] auto timed_operation(std::string_view name,
                                                        X&& work, Sink&& sink) {
    TETHER_CHECK_BODY(Sink);
    static_assert(std::is_invocable_v<Sink&, operation_timing const&>,
                  "the sink is called with an operation_timing const&");
    if constexpr (awaitable<X>) {
        using body = detail::awaitable_body<std::remove_cvref_t<X>>;
        return detail::timed<detail::task_value_t<std::invoke_result_t<body&>>,
                             body, Sink>(std::string(name),
                                         body(std::forward<X>(work)),
                                         std::forward<Sink>(sink));
    } else {
        TETHER_CHECK_BODY(X);
        using task_type = std::invoke_result_t<X&>;
        static_assert(detail::is_task<task_type>,
                      "the work of timed_operation is an awaitable or a "
                      "coroutine function without parameters, which returns "
                      "tether::task<T>");
        return detail::timed<detail::task_value_t<task_type>, X, Sink>(
            std::string(name), std::forward<X>(work), std::forward<Sink>(sink));
    }
}

TETHER_END_NAMESPACE

#endif
