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

// The same for what a function returns, which may throw instead. `fn` outlives
// the task.
template<class T, class F, class... Args>
task<T> await_call(F& fn, Args... args) {
    co_return co_await std::invoke(fn, args...);
}
template<class F, class... Args>
auto as_task(F& fn, Args... args) {
    using made = std::invoke_result_t<F&, Args&...>;
    if constexpr (is_task<std::remove_cvref_t<made>>)
        return std::remove_cvref_t<made>(std::invoke(fn, args...));
    else
        return await_call<await_result_t<made>>(fn, args...);
}

// Whether a parameter `P` given an rvalue of `A` may refer to that: everything
// but a copy and what std::ref refers to itself.
template<class P, class A>
inline constexpr bool refers_to = !std::is_same_v<std::remove_cv_t<P>, A> &&
                                  !(std::is_scalar_v<P> && std::is_scalar_v<A>);
template<class P, class A>
inline constexpr bool refers_to<P&, std::reference_wrapper<A>> =
    !std::is_convertible_v<A*, P*>;

template<class... Ps>
struct parameters {
    template<class... As>
    static constexpr bool refer_to = (refers_to<Ps, As> || ...);
};

// The parameters of a callable that has no state of its own: a function, or a
// lambda without captures that is no template.
template<class F>
struct parameters_of {};
template<class R, class... Ps>
struct parameters_of<R (*)(Ps...)> {
    using type = parameters<Ps...>;
};
template<class R, class... Ps>
struct parameters_of<R (*)(Ps...) noexcept> {
    using type = parameters<Ps...>;
};
template<class R, class C, class... Ps>
struct parameters_of<R (C::*)(Ps...) const> {
    using type = parameters<Ps...>;
};
template<class R, class C, class... Ps>
struct parameters_of<R (C::*)(Ps...) const noexcept> {
    using type = parameters<Ps...>;
};
template<class F>
    requires(std::is_empty_v<F> && std::is_trivially_destructible_v<F> &&
             requires { &F::operator(); })
struct parameters_of<F> : parameters_of<decltype(&F::operator())> {};

// Whether a coroutine may refer to the callable and the arguments that it was
// called with; if not, they need not live as long as it does.
template<class F, class... Args>
inline constexpr bool refers_to_body = true;
template<class F, class... Args>
    requires requires { typename parameters_of<F>::type; }
inline constexpr bool refers_to_body<F, Args...> =
    parameters_of<F>::type::template refer_to<Args...>;

struct no_callable {};

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
    static constexpr bool outlives_call = refers_to_body<F, Args...>;
    // What is kept in any case: frames point to a callable that is a class.
    using stateless = std::conditional_t<std::is_empty_v<F>, F, no_callable>;

    template<class G, class... As>
    explicit body(std::in_place_t, G&& f, As&&... args)
        : fn_(std::forward<G>(f)), args_(std::forward<As>(args)...) {}
    body(body&&) = default;

    std::tuple<Args...>& arguments() noexcept { return args_; }

    task_type operator()() { return call(fn_); }

    // For a body that does not outlive the call.
    stateless take_stateless() {
        if constexpr (std::is_empty_v<F>)
            return std::move(fn_);
        else
            return {};
    }
    task_type call_by(stateless& kept) {
        if constexpr (std::is_empty_v<F>)
            return call(kept);
        else
            return call(fn_);
    }

private:
    task_type call(F& fn) {
        return std::apply(
            [&fn](Args&... args) -> task_type {
                return std::invoke(fn, std::move(args)...);
            },
            args_);
    }

    [[no_unique_address]] F fn_;
    [[no_unique_address]] std::tuple<Args...> args_;
};

// The same for a task that was made before.
template<class T>
class body<task<T>> {
public:
    using task_type = task<T>;
    using value_type = T;
    static constexpr bool outlives_call = false;
    using stateless = no_callable;

    explicit body(std::in_place_t, task<T>&& t) noexcept
        : task_(std::move(t)) {}
    body(body&&) = default;

    task<T> operator()() noexcept { return std::move(task_); }

    no_callable take_stateless() const noexcept { return {}; }
    task<T> call_by(no_callable&) noexcept { return std::move(task_); }

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
