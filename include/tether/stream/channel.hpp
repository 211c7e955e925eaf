// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks hand items to each other? Through a channel with two ends, each
/// of which may be cloned, moved into a child, and closed.
#ifndef TETHER_STREAM_CHANNEL_HPP
#define TETHER_STREAM_CHANNEL_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/stream_core.hpp>
#include <tether/stream/receiver.hpp>
#include <tether/stream/sender.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline constexpr stream_words channel_words{
    "a channel", "an item of a channel", "room in a channel",
    "an item of a channel that only this task itself could send: close or "
    "move the sender it holds",
    " through an end that is closed"};

struct channel_access {
    template<class T>
    static std::pair<sender<T>, receiver<T>> open(stream_core<T>& c) {
        std::pair<sender<T>, receiver<T>> ends{sender<T>(c), receiver<T>(c)};
        ends.first.made_here();
        return ends;
    }
};

} // namespace detail

/// Makes a channel.
///
/// Parameters: `capacity` items are kept for receivers that have not come yet;
/// none by default, so that a send waits until its item is taken; `unbounded`
/// asks for no bound. `options` says what a send into a full channel does.
/// `undelivered` gets each item that no receiver will get: dropped by a full
/// channel, or left when the last receiver was closed. It runs inside the
/// operation that drops the item, which is out of the channel by then: it may
/// receive from it, and close its ends. What it throws goes to the loop's
/// on_unhandled_error, and so does what the move of the item throws. The move
/// of an item may not use the channel, nor cancel who waits at it.
/// Result: its two ends. Made before any loop exists, or in one; the only
/// allocations are here and where the buffer grows.
/// Errors: std::invalid_argument for a negative capacity, or for a rendezvous
/// that is to drop items: it keeps none.
/// Example:
/// ```
/// auto [tx, rx] = tether::channel<job>(16);
/// group.spawn(producer, std::move(tx));
/// group.spawn(worker, rx.clone());
/// group.spawn(worker, std::move(rx));
/// ```
template<class T>
[[nodiscard]] std::pair<sender<T>, receiver<T>>
channel(channel_capacity capacity = {}, channel_options options = {},
        std::function<void(T&&)> undelivered = {}) {
    static_assert(std::is_object_v<T> && std::is_move_constructible_v<T> &&
                      !std::is_const_v<T>,
                  "an item of a channel is moved through it: T is a movable "
                  "type without const or reference; send pointers otherwise");
    std::size_t bound = capacity.value();
    if (options.on_full == overflow::conflate)
        bound = 1;
    if (bound == 0 && options.on_full != overflow::suspend)
        throw std::invalid_argument("a channel that drops items keeps at least "
                                    "one: its capacity is zero");
    return detail::channel_access::open<T>(*new detail::stream_core<T>(
        detail::channel_words, bound, options.on_full, std::move(undelivered)));
}

TETHER_END_NAMESPACE

#endif
