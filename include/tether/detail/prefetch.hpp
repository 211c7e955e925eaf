// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a miss of the cache hidden? By asking for the line before it is
/// needed, where what comes next is known.
#ifndef TETHER_DETAIL_PREFETCH_HPP
#define TETHER_DETAIL_PREFETCH_HPP

#include <tether/detail/config.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// `at` may be any address, null too: nothing is read.
inline void prefetch(void const* at) noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(at);
#else
    static_cast<void>(at);
#endif
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
