// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What happens to a subscriber of a broadcast that is too slow, and what does
/// a broadcast tell of itself?
#ifndef TETHER_STREAM_BROADCAST_OPTIONS_HPP
#define TETHER_STREAM_BROADCAST_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE

/// What a broadcast does with a subscriber whose buffer is full.
enum class lag_policy : unsigned char {
    block,       ///< The send waits for it, and with it everybody.
    drop_oldest, ///< It misses its oldest item, and can ask how many it missed.
    disconnect,  ///< It gets what it has, and then broken_resource.
};

/// What the statistics() of a broadcast tell.
struct broadcast_statistics {
    std::size_t subscribers = 0;   ///< open subscriptions
    std::size_t waiting_sends = 0; ///< tasks in send()
    std::size_t sent = 0;          ///< items so far
};

TETHER_END_NAMESPACE

#endif
