// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is "a callable and its arguments" kept until it becomes a coroutine,
/// and as long as that coroutine may refer to it?
#ifndef TETHER_TASK_DETAIL_BODY_HPP
#define TETHER_TASK_DETAIL_BODY_HPP

#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
struct task_value;
template<class T>
struct task_value<task<T>> {
    using type = T;
};
template<class Task>
using task_value_t = typename task_value<Task>::type;

template<class F, class... Args>
concept coroutine_function =
    requires { requires is_task<std::invoke_result_t<F, Args...>>; };

// Any awaitable as a task, for the verbs that need a frame of its own.
template<class T>
task<T> to_task(task<T>&& t) noexcept {
    return std::move(t);
}
template<class A>
    requires(awaitable<A> && !is_task<std::remove_cvref_t<A>>)
task<await_result_t<A>> to_task(A a) {
    co_return co_await static_cast<A&&>(a);
}

// A callable and its arguments, decay-copied; the closure stays where it is,
// because a lambda coroutine refers to its captures through it.
template<class F, class... Args>
class body {
    static_assert(std::is_invocable_v<F&, Args&&...>,
                  "the callable cannot be called with these arguments: it is "
                  "called with copies of them, as rvalues; pass std::ref for a "
                  "reference");

public:
    using task_type = std::invoke_result_t<F&, Args&&...>;
    static_assert(is_task<task_type>,
                  "the callable must be a coroutine function: let it return "
                  "tether::task<T>");
    using value_type = task_value_t<task_type>;

    template<class G, class... As>
    explicit body(std::in_place_t, G&& f, As&&... args)
        : fn_(std::forward<G>(f)), args_(std::forward<As>(args)...) {}
    body(body&&) = default;

    std::tuple<Args...>& arguments() noexcept { return args_; }

    task_type operator()() {
        return std::apply(
            [this](Args&... args) -> task_type {
                return std::invoke(fn_, std::move(args)...);
            },
            args_);
    }

private:
    [[no_unique_address]] F fn_;
    [[no_unique_address]] std::tuple<Args...> args_;
};

// The same for a task that was made before.
template<class T>
class body<task<T>> {
public:
    using task_type = task<T>;
    using value_type = T;

    explicit body(std::in_place_t, task<T>&& t) noexcept
        : task_(std::move(t)) {}
    body(body&&) = default;

    task<T> operator()() noexcept { return std::move(task_); }

private:
    task<T> task_;
};

// std::reference_wrapper arguments arrive as references, as with std::thread.
template<class F, class... Args>
using body_for = body<std::decay_t<F>, std::decay_t<Args>...>;

template<class F, class... Args>
concept spawnable =
    (is_task<std::remove_cvref_t<F>> && sizeof...(Args) == 0 &&
     !std::is_lvalue_reference_v<F>) ||
    coroutine_function<std::decay_t<F>&, std::decay_t<Args>&&...>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
