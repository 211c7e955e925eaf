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

template<class R, class F, class T>
task<T> with_resource(R& resource, F& body) {
    if constexpr (requires { resource.open(); })
        co_await resource.open();
    auto work = [&]() -> task<T> { return std::invoke(body, resource); };
    auto close = [&](exit_reason const& why) -> task<> {
        if constexpr (requires { resource.close(why); })
            return resource.close(why);
        else
            return static_cast<void>(why), resource.close();
    };
    co_return co_await async_try(work).finally(close);
}

// The closure lives in this frame, as long as the body.
template<class R, class F, class T>
task<T> with_owned(R& resource, F body) {
    co_return co_await with_resource<R, F, T>(resource, body);
}

} // namespace detail

/// Opens `resource`, runs `body(resource)`, and closes it on every way out.
///
/// Parameters: `resource` is an async_resource, which outlives the await;
/// `body` is a coroutine function, an lvalue is used in place.
/// Result: what the body returned.
/// Errors: of open(): then neither body nor close() runs; of the body; of
/// close(); both together as an exception_group, the body's first.
/// Completes when: close() has ended.
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
    TETHER_CHECK_BODY(F);
    using task_type = std::invoke_result_t<std::remove_reference_t<F>&, R&>;
    static_assert(detail::is_task<task_type>,
                  "the body of with must be a coroutine: let it return "
                  "tether::task<T>");
    using T = detail::task_value_t<task_type>;
    if constexpr (std::is_lvalue_reference_v<F>)
        return detail::with_resource<R, std::remove_reference_t<F>, T>(resource,
                                                                       body);
    else
        return detail::with_owned<R, F, T>(resource, std::move(body));
}

TETHER_END_NAMESPACE

#endif
