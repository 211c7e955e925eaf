// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be awaited in a task, and how does a user write one? The awaitable
/// concept, and what an await of each kind gives.
#ifndef TETHER_TASK_AWAITABLE_HPP
#define TETHER_TASK_AWAITABLE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/runtime/wait.hpp>

#include <concepts>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// A wait that a task can be suspended in: a class derived from tether::wait
/// that lives in the awaiting frame.
///
/// - `ready()` tries to finish at once; true means that result() may be called
///   and the operation has happened.
/// - `start()` registers the wait; afterwards exactly one of complete(), or
///   abort() by a cancel, follows. It may call complete() itself. It may throw
///   as long as nothing is registered.
/// - `result()` gives the value or throws; called once.
template<class W>
concept wait_operation = std::derived_from<W, wait> && requires(W& w) {
    { w.ready() } -> std::same_as<bool>;
    w.start();
    w.result();
};

/// A wait that select() can take back: it declares a member type `revocable`,
/// and by that promises more than the others.
///
/// - `abort()` answers done, always, and leaves nothing behind.
/// - Between the completion and `result()` the wait holds what it was given,
///   and its destructor gives that back.
template<class W>
concept revocable_wait =
    wait_operation<W> && requires { typename W::revocable; };

/// Something whose `connect()` gives the wait operation for one await. The
/// operation is built in place in the frame, so it need not be movable.
template<class A>
concept leaf_awaitable = requires(A&& a) {
    { std::forward<A>(a).connect() } -> wait_operation;
};

namespace detail {

struct frame_base;

// Operations that open a scope or run frames of their own make their awaiter
// themselves; transparent on entry and on exit.
template<class A>
concept scope_awaitable = requires(A&& a, frame_base& frame) {
    std::forward<A>(a).make_awaiter(frame);
};

template<class A>
inline constexpr bool is_task = false;
template<class T>
inline constexpr bool is_task<task<T>> = true;

// Adaptors turn foreign awaitables (Asio's) into ours; specialised beside the
// header that knows the foreign type.
template<class A>
struct foreign_awaitable;

template<class A>
concept adapted_awaitable = requires(A&& a) {
    foreign_awaitable<std::remove_cvref_t<A>>::adapt(std::forward<A>(a));
};

// What is awaited without a frame of its own.
template<class A>
concept operation_awaitable =
    (leaf_awaitable<A> || scope_awaitable<A> || adapted_awaitable<A>) &&
    !is_task<std::remove_cvref_t<A>>;

// Knows where it was made.
template<class A>
concept located = requires(std::remove_cvref_t<A> const& a) {
    { a.where() } -> std::convertible_to<std::source_location>;
};

template<class A>
using wait_of = decltype(std::declval<A>().connect());

template<class A>
struct await_result;
template<class T>
struct await_result<task<T>> {
    using type = T;
};
template<class A>
    requires leaf_awaitable<A>
struct await_result<A> {
    using type = decltype(std::declval<wait_of<A>&>().result());
};
template<class A>
    requires(scope_awaitable<A> && !leaf_awaitable<A>)
struct await_result<A> {
    using type = decltype(std::declval<A>()
                              .make_awaiter(std::declval<frame_base&>())
                              .await_resume());
};
template<class A>
    requires(adapted_awaitable<A> && !leaf_awaitable<A> && !scope_awaitable<A>)
struct await_result<A>
    : await_result<decltype(foreign_awaitable<std::remove_cvref_t<A>>::adapt(
          std::declval<A>()))> {};

} // namespace detail

/// Anything `co_await` accepts inside a task: a `task<T>`, a wait such as
/// `event.wait()`, a scope such as `fail_after(…)`, and Asio operations.
template<class A>
concept awaitable = requires {
    typename detail::await_result<
        std::conditional_t<detail::is_task<std::remove_cvref_t<A>>,
                           std::remove_cvref_t<A>, A>>::type;
};

/// What `co_await` of an `A` gives.
template<awaitable A>
using await_result_t = typename detail::await_result<std::conditional_t<
    detail::is_task<std::remove_cvref_t<A>>, std::remove_cvref_t<A>, A>>::type;

namespace detail {

// True for prvalues that g++ 12 would destroy twice inside co_await.
template<class F>
inline constexpr bool destroyed_twice =
    TETHER_GCC_DOUBLE_DESTROY && !std::is_reference_v<F> &&
    std::is_class_v<F> && !std::is_trivially_destructible_v<F>;

} // namespace detail

/// The sentence users see when g++ 12 would destroy their closure twice.
#define TETHER_CHECK_BODY(F)                                                   \
    static_assert(!::tether::detail::destroyed_twice<F>,                       \
                  "g++ before 13 destroys this closure twice when it is a "    \
                  "temporary in a co_await expression: name it first (auto "   \
                  "body = ...;) and pass the name, or capture by reference "   \
                  "([&])")

TETHER_END_NAMESPACE

#endif
