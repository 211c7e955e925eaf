// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a resource closed for certain when closing must await? `with`.
#ifndef TETHER_SCOPE_WITH_HPP
#define TETHER_SCOPE_WITH_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Something that is closed by a coroutine: `close()` or `close(exit_reason
/// const&)` returns task<>; `open()`, if there is one, returns task<> too.
template<class R>
concept closable_resource = requires(R& r) {
    { r.close() } -> std::same_as<task<>>;
} || requires(R& r, exit_reason const& why) {
    { r.close(why) } -> std::same_as<task<>>;
};

namespace detail {
struct any_work {
    task<> operator()() const;
};
} // namespace detail

/// Something that needs tasks of its own while it is open, so that it runs the
/// work inside of its scope: `surround<T>(work)` returns task<T> with the value
/// of `work()`.
template<class R>
concept surrounding_resource = requires(R& r, detail::any_work& work) {
    { r.template surround<void>(work) } -> std::same_as<task<>>;
};

/// What `with` takes. A body is given the resource itself, or what its member
/// `opened()` refers to.
template<class R>
concept async_resource = closable_resource<R> || surrounding_resource<R>;

namespace detail {

// With a constructor a temporary is safe.
template<class R>
inline constexpr bool resource_destroyed_twice =
    destroyed_twice<R> && std::is_aggregate_v<R>;

template<class R>
decltype(auto) opened_of(R& resource) {
    if constexpr (requires { resource.opened(); })
        return resource.opened();
    else
        return (resource);
}

template<class R>
task<> close_resource(R& resource, exit_reason const& why) {
    if constexpr (requires { resource.close(why); })
        return resource.close(why);
    else
        return static_cast<void>(why), resource.close();
}

// Opens the first resource and the others inside of it.
template<class T, class F, class R, class... Rest>
task<T> with_resources(F& body, R& first, Rest&... rest) {
    auto work = [&]() -> task<T> {
        if constexpr (sizeof...(Rest) == 0)
            return std::invoke(body);
        else
            return with_resources<T>(body, rest...);
    };
    if constexpr (surrounding_resource<R>) {
        co_return co_await first.template surround<T>(work);
    } else {
        if constexpr (requires { first.open(); })
            co_await first.open();
        auto close = [&](exit_reason const& why) -> task<> {
            return close_resource(first, why);
        };
        co_return co_await async_try(work).finally(close);
    }
}

// Lvalues are references and used in place; what was a temporary lives in this
// frame, as long as the body.
template<class T, class F, class... R>
task<T> with_body(F body, R... resources) {
    auto call = [&]() -> task<T> {
        return std::invoke(body, opened_of(resources)...);
    };
    co_return co_await with_resources<T>(call, resources...);
}

template<class F, class... R>
using with_task_t =
    std::invoke_result_t<std::remove_reference_t<F>&,
                         decltype(opened_of(
                             std::declval<std::remove_reference_t<R>&>()))...>;

template<class F, class... R>
auto with_all(F&& body, R&&... resources) {
    TETHER_CHECK_BODY(F);
    static_assert(
        !(resource_destroyed_twice<R> || ...),
        "g++ before 13 destroys an aggregate twice when it is a temporary in a "
        "co_await expression: name the resource first and pass the name, or "
        "give it a constructor");
    using task_type = with_task_t<F, R...>;
    static_assert(is_task<task_type>,
                  "the body of with must be a coroutine: let it return "
                  "tether::task<T>");
    return with_body<task_value_t<task_type>, F, R...>(
        std::forward<F>(body), std::forward<R>(resources)...);
}

} // namespace detail

/// Opens the resources from left to right, runs `body(resources...)`, and
/// closes what was opened from right to left on every way out.
///
/// Parameters: each resource is an async_resource; an lvalue outlives the
/// await, a temporary is kept until it is closed. `body` comes last, a
/// coroutine function; an lvalue is used in place.
/// Result: what the body returned.
/// Errors: of open(): then neither the body nor close() of that resource runs;
/// of the body; of close(); body and close together as an exception_group, the
/// body's first.
/// Completes when: all close() have ended. A checkpoint only where the
/// resources and the body are.
/// On cancellation: during open(), the open either completes and close() runs,
/// or nothing was acquired; later the body is stopped, close() runs behind a
/// shield with a grace of ten seconds, then the stop passes on.
/// Never lost: an opened resource is closed.
/// Example:
/// \code
/// co_await with(connection, [&](auto& c) -> task<> {
///     co_await c.query("...");
/// });
/// \endcode
template<class R, class F>
    requires async_resource<std::remove_reference_t<R>>
[[nodiscard("co_await the work")]] auto with(R&& resource, F&& body) {
    return detail::with_all(std::forward<F>(body), std::forward<R>(resource));
}
/// \overload
template<class R1, class R2, class F>
    requires async_resource<std::remove_reference_t<R1>> &&
             async_resource<std::remove_reference_t<R2>>
[[nodiscard("co_await the work")]] auto with(R1&& first, R2&& second,
                                             F&& body) {
    return detail::with_all(std::forward<F>(body), std::forward<R1>(first),
                            std::forward<R2>(second));
}
/// \overload
template<class R1, class R2, class R3, class F>
    requires async_resource<std::remove_reference_t<R1>> &&
             async_resource<std::remove_reference_t<R2>> &&
             async_resource<std::remove_reference_t<R3>>
[[nodiscard("co_await the work")]] auto with(R1&& first, R2&& second,
                                             R3&& third, F&& body) {
    return detail::with_all(std::forward<F>(body), std::forward<R1>(first),
                            std::forward<R2>(second), std::forward<R3>(third));
}

TETHER_END_NAMESPACE

#endif
