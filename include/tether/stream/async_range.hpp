// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be consumed element by element? A generator, and any class with
/// its `advance()` and `close()`.
#ifndef TETHER_STREAM_ASYNC_RANGE_HPP
#define TETHER_STREAM_ASYNC_RANGE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/with.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/task/awaitable.hpp>

#include <type_traits>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
using advance_result_t = await_result_t<
    decltype(std::declval<std::remove_reference_t<G>&>().advance())>;

} // namespace detail

/// Something whose elements are awaited one by one.
///
/// - `co_await r.advance()` goes on and gives a pointer to the element, valid
///   until the next call, or null at the end and ever after.
/// - `close()` returns task<> and ends it early; idempotent.
template<class G>
concept async_range = async_resource<std::remove_reference_t<G>> && requires {
    requires std::is_pointer_v<detail::advance_result_t<G>>;
};

namespace detail {

// `E&` is what the pointer points to; `T` what a generator over it yields: the
// elements, which may be moved out, or references.
template<class G>
using element_of = std::remove_pointer_t<advance_result_t<G>>;

template<class G>
struct yield_of {
    using type = element_of<G>;
};
template<class T>
struct yield_of<async_generator<T>> {
    using type = T;
};
template<class G>
using yield_of_t = typename yield_of<std::remove_cvref_t<G>>::type;

// What can be stored of an element: references become copies.
template<class G>
using stored_of = std::remove_cv_t<element_of<G>>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
