// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where was it called? A std::source_location as one word, for default
/// arguments in a co_await expression.
#ifndef TETHER_DETAIL_CALL_SITE_HPP
#define TETHER_DETAIL_CALL_SITE_HPP

#include <tether/detail/config.hpp>

#include <bit>
#include <source_location>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What a std::source_location of these compilers consists of. In a co_await
// expression g++ gives every default argument of class type a place in the
// frame and stores it once more; a pointer is none.
using call_site = decltype(__builtin_source_location());

inline call_site site_of(std::source_location at) noexcept {
    return std::bit_cast<call_site>(at);
}
inline std::source_location location_of(call_site at) noexcept {
    return std::bit_cast<std::source_location>(at);
}

} // namespace detail
TETHER_END_NAMESPACE

// The default argument. A macro, because g++ takes the place of the declaration
// when another function's default argument stands in between.
#define TETHER_HERE __builtin_source_location()

#endif
