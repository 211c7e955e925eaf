// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which items must not be temporaries of a co_await expression?
#ifndef TETHER_STREAM_DETAIL_CHECK_ITEM_HPP
#define TETHER_STREAM_DETAIL_CHECK_ITEM_HPP

#include <tether/detail/config.hpp>

#include <type_traits>

TETHER_BEGIN_NAMESPACE
namespace detail {

// g++ before 13 destroys such a temporary twice in a co_await expression, and
// std::move(name) cannot be told from a temporary.
template<class T>
inline constexpr bool item_destroyed_twice =
    TETHER_GCC_DOUBLE_DESTROY && std::is_aggregate_v<T> &&
    !std::is_trivially_destructible_v<T>;

} // namespace detail

/// The sentence users see when g++ 12 would destroy their item twice.
#define TETHER_CHECK_ITEM(T)                                                   \
    static_assert(!::tether::detail::item_destroyed_twice<T>,                  \
                  "g++ before 13 destroys an aggregate twice when it is a "    \
                  "temporary in a co_await expression: name the item first "   \
                  "(T item{...};) and write send_from(item), which moves it "  \
                  "out when it is sent, or give T a constructor")

TETHER_END_NAMESPACE

#endif
