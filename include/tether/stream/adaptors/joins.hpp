// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do several generators become one? zip, concat and flat_map.
#ifndef TETHER_STREAM_ADAPTORS_JOINS_HPP
#define TETHER_STREAM_ADAPTORS_JOINS_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/awaitable.hpp>

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class A, class B>
async_generator<std::tuple<yield_of_t<A>, yield_of_t<B>>> zip_elements(A a,
                                                                       B b) {
    auto& left = co_await tether::keep(std::move(a));
    auto& right = co_await tether::keep(std::move(b));
    for (;;) {
        auto* const first = co_await left.advance();
        if (!first)
            co_return;
        auto* const second = co_await right.advance();
        if (!second)
            co_return;
        std::tuple<yield_of_t<A>, yield_of_t<B>> both(
            static_cast<yield_of_t<A>&&>(*first),
            static_cast<yield_of_t<B>&&>(*second));
        co_yield yield_from(both);
    }
}

template<class T>
async_generator<T> concat_elements(std::vector<async_generator<T>> parts) {
    for (auto& part : parts) {
        auto& all = co_await keep_instead(std::move(part));
        while (auto* const item = co_await all.advance())
            co_yield yield_from(*item);
    }
}

template<class G, class F>
auto flat_map_elements(G range, F fn)
    -> async_generator<yield_of_t<applied_t<F, yield_of_t<G>>>> {
    using element = yield_of_t<G>;
    using inner = applied_t<F, element>;
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        auto& part = co_await keep_instead<inner>(
            std::invoke(fn, static_cast<element&&>(*item)));
        while (auto* const one = co_await part.advance())
            co_yield yield_from(*one);
    }
}

} // namespace detail

/// The elements of two generators in pairs, until one of them ends; the other
/// one is closed then.
///
/// Parameters: both are moved in and asked one after the other, `a` first.
/// Errors: those of both.
/// Example:
/// \code
/// auto both = zip(names(), numbers());
/// \endcode
template<async_range A, async_range B>
[[nodiscard("consume it")]] auto zip(A a, B b) {
    return detail::zip_elements(std::move(a), std::move(b));
}

/// The elements of all generators, one generator after the other.
///
/// Parameters: generators with the same elements; none is begun before those
/// before it have ended.
/// Errors: those of the generator that is being asked, which end it all.
template<class T, std::same_as<async_generator<T>>... More>
[[nodiscard("consume it")]] async_generator<T> concat(async_generator<T> first,
                                                      More... more) {
    std::vector<async_generator<T>> parts;
    parts.reserve(1 + sizeof...(more));
    parts.push_back(std::move(first));
    (parts.push_back(std::move(more)), ...);
    return detail::concat_elements(std::move(parts));
}

/// Replaces each element by the elements of the generator that `fn` makes of
/// it, in order, one generator at a time.
///
/// Parameters: `fn` takes the element, which it may move out of, and gives a
/// generator.
/// Errors: those of the generator, of `fn`, of the inner generators.
/// Example:
/// \code
/// auto words = lines() | flat_map(split);
/// \endcode
template<class F>
[[nodiscard("pipe a generator into it")]] auto flat_map(F&& fn) {
    return detail::adaptor(
        [f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            return detail::flat_map_elements(std::move(range), std::move(f));
        });
}

TETHER_END_NAMESPACE

#endif
