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
concept async_resource = requires(R& r) {
    { r.close() } -> std::same_as<task<>>;
} || requires(R& r, exit_reason const& why) {
    { r.close(why) } -> std::same_as<task<>>;
};

namespace detail {

// Opens the first resource and the others inside of it.
template<class T, class F, class R, class... Rest>
task<T> with_resources(F& body, R& first, Rest&... rest) {
    if constexpr (requires { first.open(); })
        co_await first.open();
    auto work = [&]() -> task<T> {
        if constexpr (sizeof...(Rest) == 0)
            return std::invoke(body);
        else
            return with_resources<T>(body, rest...);
    };
    auto close = [&](exit_reason const& why) -> task<> {
        if constexpr (requires { first.close(why); })
            return first.close(why);
        else
            return static_cast<void>(why), first.close();
    };
    co_return co_await async_try(work).finally(close);
}

// `F` is a reference for a body that is used in place; otherwise the closure
// lives in this frame, as long as the body.
template<class T, class F, class... R>
task<T> with_body(F body, R&... resources) {
    auto call = [&]() -> task<T> { return std::invoke(body, resources...); };
    co_return co_await with_resources<T>(call, resources...);
}

template<class F, class... R>
auto with_all(F&& body, R&... resources) {
    TETHER_CHECK_BODY(F);
    using task_type = std::invoke_result_t<std::remove_reference_t<F>&, R&...>;
    static_assert(is_task<task_type>,
                  "the body of with must be a coroutine: let it return "
                  "tether::task<T>");
    return with_body<task_value_t<task_type>, F, R...>(std::forward<F>(body),
                                                       resources...);
}

} // namespace detail

/// Opens the resources from left to right, runs `body(resources...)`, and
/// closes what was opened from right to left on every way out.
///
/// Parameters: each resource is an async_resource, which outlives the await;
/// `body` comes last, a coroutine function; an lvalue is used in place.
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
template<async_resource R, class F>
[[nodiscard("co_await the work")]] auto with(R& resource, F&& body) {
    return detail::with_all(std::forward<F>(body), resource);
}
/// \overload
template<async_resource R1, async_resource R2, class F>
[[nodiscard("co_await the work")]] auto with(R1& first, R2& second, F&& body) {
    return detail::with_all(std::forward<F>(body), first, second);
}
/// \overload
template<async_resource R1, async_resource R2, async_resource R3, class F>
[[nodiscard("co_await the work")]] auto with(R1& first, R2& second, R3& third,
                                             F&& body) {
    return detail::with_all(std::forward<F>(body), first, second, third);
}

TETHER_END_NAMESPACE

#endif
