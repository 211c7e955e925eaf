// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does main() enter the world of tasks? `run` turns an io_context until
/// the given task has ended.
#ifndef TETHER_TASK_RUN_HPP
#define TETHER_TASK_RUN_HPP

#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/drive.hpp>

#include <boost/asio/io_context.hpp>

#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Runs `fn(args...)` as the main task on `context` and gives its result.
///
/// Invariant: the context is turned by this thread alone while run() is on the
/// stack; other work of the context runs as well. The context can be used
/// again afterwards.
/// Parameters: `fn` is a coroutine function; it and the arguments are
/// decay-copied and live until the task has ended. A `task<T>` may be given
/// instead of a function.
/// Result: what the task returned.
/// Errors: what the task threw, unchanged; cancelled_error when it was stopped;
/// deadlock_error, with the task tree, when nothing was left that could ever
/// wake it; std::logic_error inside a running loop. An exception of a foreign
/// handler of the context cancels the task and is rethrown.
/// Threads: any thread on which no loop runs.
/// Example:
/// \code
/// task<int> answer() { co_return 42; }
/// int main() {
///     return tether::run(answer) == 42 ? 0 : 1;
/// }
/// \endcode
template<class F, class... Args>
    requires detail::spawnable<F, Args...>
auto run(asio::io_context& context, F&& fn, Args&&... args) ->
    typename detail::body_for<F, Args...>::value_type {
    using body = detail::body_for<F, Args...>;
    return detail::run_body(
        context,
        body(std::in_place, std::forward<F>(fn), std::forward<Args>(args)...),
        std::source_location{}, false, nullptr);
}

/// The same on an io_context of its own, without locks for other threads'
/// handlers beyond posting. Roots that the main task left on the context are
/// cancelled and joined before run() returns.
template<class F, class... Args>
    requires detail::spawnable<F, Args...>
decltype(auto) run(F&& fn, Args&&... args) {
    // No trailing return type: clang substitutes it before the constraint, and
    // run(context, fn) would be taken for a call of this one.
    using body = detail::body_for<F, Args...>;
    detail::refuse_nested_run();
    asio::io_context context(1);
    return detail::run_body(
        context,
        body(std::in_place, std::forward<F>(fn), std::forward<Args>(args)...),
        std::source_location{}, true, nullptr);
}

TETHER_END_NAMESPACE

#endif
