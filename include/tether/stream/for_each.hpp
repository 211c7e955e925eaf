// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is something done with every element of a generator? `for_each`.
#ifndef TETHER_STREAM_FOR_EACH_HPP
#define TETHER_STREAM_FOR_EACH_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/consume.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G, class F>
task<> for_each_task(G range, F fn) {
    using element = yield_of_t<G>;
    using result = std::invoke_result_t<std::remove_reference_t<F>&, element>;
    auto body = [&](std::remove_reference_t<G>& all) -> task<> {
        while (auto* const item = co_await all.advance()) {
            if constexpr (std::is_void_v<result>)
                std::invoke(fn, static_cast<element&&>(*item));
            else
                co_await std::invoke(fn, static_cast<element&&>(*item));
        }
    };
    co_await consume(range, body);
}

template<class F, class E>
inline constexpr bool returns_nothing =
    std::is_void_v<std::invoke_result_t<F&, E>>;
template<class F, class E>
    requires awaitable<std::invoke_result_t<F&, E>>
inline constexpr bool returns_nothing<F, E> =
    std::is_void_v<await_result_t<std::invoke_result_t<F&, E>>>;

} // namespace detail

/// Calls `fn` with every element, and closes the generator at the end.
///
/// Parameters: `range` is a generator or another async_range; an rvalue is
/// moved into the operation. `fn` takes the element, which it may move out
/// of, and returns nothing or an awaitable of nothing, which is awaited before
/// the next element is asked for. An lvalue is used in place.
/// Errors: of `fn`, of the generator, of its close.
/// Completes when: the generator has ended. Always a checkpoint.
/// On cancellation: as consume().
/// Example:
/// \code
/// co_await for_each(lines(file), [&](std::string line) {
///     std::puts(line.c_str());
/// });
/// \endcode
template<async_range G, class F>
[[nodiscard("co_await the work")]] auto for_each(G&& range, F&& fn) {
    TETHER_CHECK_BODY(F);
    static_assert(detail::returns_nothing<std::remove_reference_t<F>,
                                          detail::yield_of_t<G>>,
                  "the function of for_each returns nothing, or an awaitable "
                  "of nothing; to stop early use take_while() or consume()");
    return detail::for_each_task<G, F>(std::forward<G>(range),
                                       std::forward<F>(fn));
}

TETHER_END_NAMESPACE

#endif
