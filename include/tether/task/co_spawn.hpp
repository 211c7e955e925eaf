// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a program that is written for Asio start a task? With `co_spawn`,
/// an asynchronous operation for any completion token.
#ifndef TETHER_TASK_CO_SPAWN_HPP
#define TETHER_TASK_CO_SPAWN_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/spawn_root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class E>
concept executor_or_context =
    asio::execution::is_executor<std::decay_t<E>>::value ||
    std::is_base_of_v<asio::execution_context, std::decay_t<E>>;

// The arguments come first, the token last.
template<class... Rest, class Executor, class F, std::size_t... Index>
auto co_spawn_split(Executor& executor, F&& work, std::tuple<Rest&&...> rest,
                    std::index_sequence<Index...>) {
    using all = std::tuple<Rest...>;
    using body = body_for<F, std::tuple_element_t<Index, all>...>;
    using T = typename body::value_type;
    using token = std::tuple_element_t<sizeof...(Index), all>;
    if constexpr (std::is_same_v<std::remove_cvref_t<token>,
                                 asio::detached_t>) {
        initiate_spawn start(executor_of(executor));
        start(detached_end{}, body(std::in_place, std::forward<F>(work),
                                   std::get<Index>(std::move(rest))...));
    } else {
        std::remove_reference_t<token>& how = std::get<sizeof...(Index)>(rest);
        return asio::async_initiate<token, spawn_signature<T>>(
            initiate_spawn(executor_of(executor)), how,
            body(std::in_place, std::forward<F>(work),
                 std::get<Index>(std::move(rest))...));
    }
}

template<class Indices, class F, class... Rest>
inline constexpr bool spawnable_front = false;
template<std::size_t... Index, class F, class... Rest>
inline constexpr bool
    spawnable_front<std::index_sequence<Index...>, F, Rest...> =
        spawnable<F, std::tuple_element_t<Index, std::tuple<Rest...>>...>;

} // namespace detail

/// Starts a task on an executor, as an asynchronous operation of Asio:
/// `co_spawn(executor, fn, args..., token)` or `co_spawn(executor, task,
/// token)`.
///
/// Parameters: `executor` runs its handlers one at a time: that of an
/// io_context run by one thread, or a strand; an execution context stands for
/// its executor. `fn` and `args` are decay-copied and live until the task has
/// ended. Roots started on equal executors share one loop.
/// Result: what the token makes of the signature `void(std::exception_ptr, T)`,
/// or `void(std::exception_ptr)` for a task without value. Beside an error
/// stands `T()`; for a T that cannot be made so, the signature has
/// `std::optional<T>`, and for a reference a pointer.
/// Errors: what the task threw; cancelled_error when it was stopped. With
/// asio::detached an error goes to the loop's error sink, or ends the run, as
/// internal_error with the error nested in it; a stop is no error. A plain
/// executor of a context that several threads run ends the program with a
/// sentence as soon as two of them meet.
/// Completes when: the task and all its children have ended. The handler is
/// posted to its associated executor, never called from inside.
/// On cancellation: a terminal signal of the handler's slot cancels the task
/// with the reason `foreign`, partial and total signals cancel it softly; the
/// completion comes when the task has ended.
/// Threads: any thread may call it.
/// Example:
/// ```
/// tether::co_spawn(strand, session, std::move(socket), asio::detached);
/// int n = co_await tether::co_spawn(strand, count, asio::use_awaitable);
/// ```
template<class Executor, class F, class... Rest>
    requires(detail::executor_or_context<Executor> && sizeof...(Rest) >= 1 &&
             detail::spawnable_front<
                 std::make_index_sequence<sizeof...(Rest) - 1>, F, Rest...>)
auto co_spawn(Executor&& executor, F&& work, Rest&&... rest) {
    return detail::co_spawn_split<Rest...>(
        executor, std::forward<F>(work),
        std::tuple<Rest&&...>(std::forward<Rest>(rest)...),
        std::make_index_sequence<sizeof...(Rest) - 1>());
}

TETHER_END_NAMESPACE

#endif
