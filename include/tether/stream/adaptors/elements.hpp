// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which elements come through, and as what? filter, transform, on_each,
/// distinct, scan and enumerate.
#ifndef TETHER_STREAM_ADAPTORS_ELEMENTS_HPP
#define TETHER_STREAM_ADAPTORS_ELEMENTS_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G, class P>
async_generator<yield_of_t<G>> filter_elements(G range, P pred) {
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        bool wanted = false;
        if constexpr (awaits<P, seen<G>>)
            wanted = co_await std::invoke(pred, std::as_const(*item));
        else
            wanted = std::invoke(pred, std::as_const(*item));
        if (wanted)
            co_yield yield_from(*item);
    }
}

template<class G, class F>
async_generator<applied_t<F, yield_of_t<G>>> transform_elements(G range, F fn) {
    using element = yield_of_t<G>;
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        if constexpr (awaits<F, element>) {
            auto made = co_await std::invoke(fn, static_cast<element&&>(*item));
            co_yield yield_from(made);
        } else if constexpr (std::is_reference_v<applied_t<F, element>>) {
            co_yield std::invoke(fn, static_cast<element&&>(*item));
        } else {
            auto made = std::invoke(fn, static_cast<element&&>(*item));
            co_yield yield_from(made);
        }
    }
}

template<class G, class F>
async_generator<yield_of_t<G>> on_each_element(G range, F fn) {
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        if constexpr (awaits<F, seen<G>>)
            co_await std::invoke(fn, std::as_const(*item));
        else
            std::invoke(fn, std::as_const(*item));
        co_yield yield_from(*item);
    }
}

template<class G>
async_generator<yield_of_t<G>> distinct_elements(G range) {
    std::optional<std::remove_cv_t<element_of<G>>> last;
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        if (last && *last == *item)
            continue;
        last.emplace(std::as_const(*item));
        co_yield yield_from(*item);
    }
}

template<class G, class T, class F>
async_generator<T> scan_elements(G range, T state, F fn) {
    using element = yield_of_t<G>;
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        state =
            std::invoke(fn, std::move(state), static_cast<element&&>(*item));
        co_yield std::as_const(state);
    }
}

template<class G>
async_generator<std::pair<std::size_t, yield_of_t<G>>>
enumerate_elements(G range) {
    using element = yield_of_t<G>;
    auto& all = co_await tether::keep(std::move(range));
    for (std::size_t i = 0; auto* const item = co_await all.advance(); ++i) {
        std::pair<std::size_t, element> both(i, static_cast<element&&>(*item));
        co_yield yield_from(both);
    }
}

} // namespace detail

/// Lets the elements through for which `pred` is true.
///
/// Parameters: `pred` takes the element by const reference and gives bool, or
/// an awaitable of bool; it is copied or moved in.
/// Errors: those of the generator and of `pred`.
/// Example:
/// \code
/// auto even = numbers() | filter([](int i) { return i % 2 == 0; });
/// \endcode
template<class P>
[[nodiscard("pipe a generator into it")]] auto filter(P&& pred) {
    return detail::adaptor(
        [p = std::decay_t<P>(std::forward<P>(pred))]<class G>(G range) mutable {
            return detail::filter_elements(std::move(range), std::move(p));
        });
}

/// Replaces each element by what `fn` makes of it.
///
/// Parameters: `fn` takes the element, which it may move out of, and gives a
/// value or an awaitable of one.
/// Errors: those of the generator and of `fn`.
/// Example:
/// \code
/// auto pages = urls() | transform([&](url u) { return http.get(u); });
/// \endcode
template<class F>
[[nodiscard("pipe a generator into it")]] auto transform(F&& fn) {
    return detail::adaptor(
        [f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            return detail::transform_elements(std::move(range), std::move(f));
        });
}

/// Calls `fn` with each element on its way through.
///
/// Parameters: `fn` takes the element by const reference; an awaitable that it
/// gives is awaited.
/// Errors: those of the generator and of `fn`.
template<class F>
[[nodiscard("pipe a generator into it")]] auto on_each(F&& fn) {
    return detail::adaptor(
        [f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            return detail::on_each_element(std::move(range), std::move(f));
        });
}

/// Drops an element that equals the one before it. Elements are copied, so
/// that one is kept.
///
/// Errors: those of the generator.
[[nodiscard("pipe a generator into it")]] inline auto distinct() {
    return detail::adaptor([]<class G>(G range) {
        return detail::distinct_elements(std::move(range));
    });
}

/// Yields the state after each element: `state = fn(state, element)`.
///
/// Parameters: `init` is the state before the first element, not yielded
/// itself; the state is copied out.
/// Errors: those of the generator and of `fn`.
/// Example:
/// \code
/// auto totals = amounts() | scan(0, std::plus<>());
/// \endcode
template<class T, class F>
[[nodiscard("pipe a generator into it")]] auto scan(T init, F&& fn) {
    return detail::adaptor(
        [init = std::move(init),
         f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            return detail::scan_elements(std::move(range), std::move(init),
                                         std::move(f));
        });
}

/// Pairs each element with its index, from 0.
///
/// Errors: those of the generator.
[[nodiscard("pipe a generator into it")]] inline auto enumerate() {
    return detail::adaptor([]<class G>(G range) {
        return detail::enumerate_elements(std::move(range));
    });
}

TETHER_END_NAMESPACE

#endif
