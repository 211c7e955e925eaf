// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which part of a generator is used? take, take_while, drop and chunk.
#ifndef TETHER_STREAM_ADAPTORS_SECTIONS_HPP
#define TETHER_STREAM_ADAPTORS_SECTIONS_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
async_generator<yield_of_t<G>> take_elements(G range, std::size_t n) {
    auto& all = co_await tether::keep(std::move(range));
    for (; n != 0; --n) {
        auto* const item = co_await all.advance();
        if (!item)
            co_return;
        co_yield yield_from(*item);
    }
}

template<class G, class P>
async_generator<yield_of_t<G>> take_while_elements(G range, P pred) {
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        bool wanted = false;
        if constexpr (awaits<P, seen<G>>)
            wanted = co_await std::invoke(pred, std::as_const(*item));
        else
            wanted = std::invoke(pred, std::as_const(*item));
        if (!wanted)
            co_return;
        co_yield yield_from(*item);
    }
}

template<class G>
async_generator<yield_of_t<G>> drop_elements(G range, std::size_t n) {
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await all.advance()) {
        if (n != 0) {
            --n;
            continue;
        }
        co_yield yield_from(*item);
    }
}

template<class G>
async_generator<std::vector<std::remove_cv_t<element_of<G>>>>
chunk_elements(G range, std::size_t n) {
    using element = yield_of_t<G>;
    auto& all = co_await tether::keep(std::move(range));
    std::vector<std::remove_cv_t<element_of<G>>> part;
    while (auto* const item = co_await all.advance()) {
        part.push_back(static_cast<element&&>(*item));
        if (part.size() < n)
            continue;
        co_yield yield_from(part);
        part.clear(); // also after a move
    }
    if (!part.empty())
        co_yield yield_from(part);
}

} // namespace detail

/// Lets the first `n` elements through, asks for no more, and closes the
/// generator.
///
/// Errors: those of the generator and of its close.
/// Example:
/// \code
/// auto top = results() | take(3);
/// \endcode
[[nodiscard("pipe a generator into it")]] inline auto take(std::size_t n) {
    return detail::adaptor([n]<class G>(G range) {
        return detail::take_elements(std::move(range), n);
    });
}

/// Lets elements through until `pred` is false for one, then closes the
/// generator; that one is dropped.
///
/// Parameters: `pred` gives bool or an awaitable of bool.
/// Errors: those of the generator and of `pred`.
template<class P>
[[nodiscard("pipe a generator into it")]] auto take_while(P&& pred) {
    return detail::adaptor(
        [p = std::decay_t<P>(std::forward<P>(pred))]<class G>(G range) mutable {
            return detail::take_while_elements(std::move(range), std::move(p));
        });
}

/// Leaves out the first `n` elements.
///
/// Errors: those of the generator.
[[nodiscard("pipe a generator into it")]] inline auto drop(std::size_t n) {
    return detail::adaptor([n]<class G>(G range) {
        return detail::drop_elements(std::move(range), n);
    });
}

/// Gathers `n` elements at a time in a vector; the last one may be shorter.
///
/// Errors: those of the generator; elements gathered before an error are
/// dropped with it. std::invalid_argument when `n` is zero.
[[nodiscard("pipe a generator into it")]] inline auto chunk(std::size_t n) {
    if (n == 0)
        throw std::invalid_argument("chunk: the size is zero");
    return detail::adaptor([n]<class G>(G range) {
        return detail::chunk_elements(std::move(range), n);
    });
}

TETHER_END_NAMESPACE

#endif
