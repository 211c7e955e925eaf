// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task await an `asio::awaitable<T>`? As it is: this header teaches
/// co_await about Asio's own coroutines.
#ifndef TETHER_TASK_FROM_AWAITABLE_HPP
#define TETHER_TASK_FROM_AWAITABLE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The executor of the running task as the type the awaitable was written for.
template<class Executor>
Executor awaitable_executor() {
    loop* const l = running_loop();
    if (!l)
        throw std::logic_error("an asio::awaitable can be awaited only inside "
                               "a task");
    if constexpr (std::is_convertible_v<asio::any_io_executor const&,
                                        Executor>) {
        return l->executor();
    } else {
        if (auto* exact = l->executor().template target<Executor>())
            return *exact;
        throw std::logic_error(
            "the asio::awaitable is written for an executor of another type "
            "than the task's: write it for asio::any_io_executor");
    }
}

// asio::co_spawn makes up a T beside an error; the optional is empty instead.
template<class T, class Executor>
asio::awaitable<std::optional<T>, Executor>
as_optional(asio::awaitable<T, Executor> inner) {
    std::optional<T> value(co_await std::move(inner));
    co_return value;
}

template<class T, class Executor>
task<T> await_optional(asio::awaitable<T, Executor> inner) {
    std::optional<T> value =
        co_await asio::co_spawn(awaitable_executor<Executor>(),
                                as_optional(std::move(inner)), use_task);
    co_return std::move(*value);
}

// The only use of asio::co_spawn: the coroutine is an operation like any
// other, so the task waits for its end also after a cancel, which reaches it as
// a terminal emission on its slot.
template<class T, class Executor>
struct foreign_awaitable<asio::awaitable<T, Executor>> {
    static auto adapt(asio::awaitable<T, Executor>&& inner) {
        if constexpr (std::is_void_v<T> || std::is_default_constructible_v<T>)
            return asio::co_spawn(awaitable_executor<Executor>(),
                                  std::move(inner), use_task);
        else
            return await_optional(std::move(inner));
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
