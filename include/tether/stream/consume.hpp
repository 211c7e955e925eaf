// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a generator used so that it is closed on every way out? `consume`.
#ifndef TETHER_STREAM_CONSUME_HPP
#define TETHER_STREAM_CONSUME_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
task<> close_range(G& range, exit_reason const& why) {
    if constexpr (requires { range.close(why); })
        return range.close(why);
    else
        return static_cast<void>(why), range.close();
}

// `G` and `F` are references for what is used in place; otherwise they live in
// this frame.
template<class T, class G, class F>
task<T> consume_task(G range, F body) {
    auto work = [&]() -> task<T> { return std::invoke(body, range); };
    auto close = [&](exit_reason const& why) -> task<> {
        return close_range(range, why);
    };
    co_return co_await async_try(work).finally(close);
}

} // namespace detail

/// Runs `body(generator)` and closes the generator before it goes on, however
/// the body ended.
///
/// Parameters: `range` is a generator or another async_range; an rvalue is
/// moved into the operation, an lvalue is used in place. `body` is a coroutine
/// function taking a reference to it; an lvalue is used in place.
/// Result: what the body returned.
/// Errors: of the body, of the generator, of the close; several of them as an
/// exception_group, the body's first.
/// Completes when: the body has ended and the generator is closed.
/// On cancellation: the body is stopped, the generator closed behind a shield
/// with a grace of ten seconds, then the stop passes on.
/// Never lost: what the generator keeps is closed before the next statement.
/// Example:
/// \code
/// co_await consume(rows(db), [&](auto& all) -> task<> {
///     while (auto row = co_await next(all))
///         if (!co_await store(*row))
///             co_return;
/// });
/// \endcode
template<async_range G, class F>
[[nodiscard("co_await the work")]] auto consume(G&& range, F&& body) {
    TETHER_CHECK_BODY(F);
    using task_type = std::invoke_result_t<std::remove_reference_t<F>&,
                                           std::remove_reference_t<G>&>;
    static_assert(detail::is_task<task_type>,
                  "the body of consume must be a coroutine: let it return "
                  "tether::task<T> (a lambda needs -> task<T>)");
    return detail::consume_task<detail::task_value_t<task_type>, G, F>(
        std::forward<G>(range), std::forward<F>(body));
}

TETHER_END_NAMESPACE

#endif
