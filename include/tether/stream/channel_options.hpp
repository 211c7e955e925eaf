// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many items may wait in a channel or a queue, and what happens to one
/// more?
#ifndef TETHER_STREAM_CHANNEL_OPTIONS_HPP
#define TETHER_STREAM_CHANNEL_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// As capacity: items are kept without a bound.
struct unbounded_t {
    explicit unbounded_t() = default;
};
/// The value to pass.
inline constexpr unbounded_t unbounded{};

/// How many items are kept for receivers that have not come yet; zero is a
/// rendezvous, at which sender and receiver meet.
///
/// Invariant: never negative, and unbounded only when asked for by name.
/// Threads: a plain value.
/// Example:
/// ```
/// auto [tx, rx] = tether::channel<job>(16);
/// auto [log_in, log_out] = tether::channel<line>(tether::unbounded);
/// ```
class channel_capacity {
public:
    /// A rendezvous.
    constexpr channel_capacity() noexcept = default;
    /// Errors: std::invalid_argument when `n` is negative.
    template<std::integral Integer>
        requires(!std::same_as<std::remove_cv_t<Integer>, bool>)
    // NOLINTNEXTLINE(google-explicit-constructor): a number is a capacity
    constexpr channel_capacity(Integer n)
        : value_(static_cast<std::size_t>(n)) {
        if constexpr (std::signed_integral<Integer>) {
            if (n < 0)
                throw std::invalid_argument("a capacity must not be negative; "
                                            "it is " +
                                            std::to_string(n));
        }
    }
    /// No bound.
    // NOLINTNEXTLINE(google-explicit-constructor): a name is a capacity
    constexpr channel_capacity(unbounded_t) noexcept
        : value_((std::numeric_limits<std::size_t>::max)()) {}

    /// Result: the number; the largest std::size_t for no bound.
    [[nodiscard]] constexpr std::size_t value() const noexcept {
        return value_;
    }

private:
    std::size_t value_ = 0;
};

/// What a send into a full channel does. Whatever is dropped goes to the
/// channel's undelivered hook.
enum class overflow : unsigned char {
    suspend,     ///< It waits until there is room.
    drop_oldest, ///< The item that waited longest makes room.
    drop_latest, ///< The new item is dropped.
    conflate,    ///< Only the newest item is kept, whatever the capacity.
};

/// What can be chosen for a channel beyond its capacity; trivially
/// destructible, so that it may stand in a co_await expression.
struct channel_options {
    /// What a send into a full channel does.
    overflow on_full = overflow::suspend;
};

/// How a queue is shut down.
enum class queue_shutdown : unsigned char {
    graceful,  ///< No more puts; what is there is still taken.
    immediate, ///< No more puts, and what is there is dropped.
};

/// How an operation that does not wait ended.
enum class channel_status : unsigned char {
    ok,          ///< The item was sent or received.
    would_block, ///< Waiting would have been necessary.
    closed,      ///< The end that was used is closed itself.
    broken,      ///< All receivers are closed.
    end,         ///< All senders are closed and nothing is left.
};

/// The result of a receive that does not wait: an item, or why there is none.
///
/// Invariant: has an item exactly if status() is channel_status::ok.
/// Threads: a plain value.
/// Example:
/// ```
/// while (auto item = rx.try_receive())
///     use(*item);
/// ```
template<class T>
class try_received {
public:
    /// There is no item.
    explicit try_received(channel_status why) noexcept : status_(why) {}
    /// Takes over the item; if its move throws, the item is where it was.
    explicit try_received(T&& item) noexcept(
        std::is_nothrow_move_constructible_v<T>)
        : item_(std::move(item)), status_(channel_status::ok) {}

    /// Result: why there is an item or none.
    [[nodiscard]] channel_status status() const noexcept { return status_; }
    /// Whether there is an item.
    [[nodiscard]] explicit operator bool() const noexcept {
        return status_ == channel_status::ok;
    }
    [[nodiscard]] T& operator*() & noexcept { return *item_; }
    [[nodiscard]] T&& operator*() && noexcept { return *std::move(item_); }
    [[nodiscard]] T* operator->() noexcept { return &*item_; }

private:
    std::optional<T> item_;
    channel_status status_;
};

/// What the statistics() of a channel or a queue tell; a snapshot.
struct channel_statistics {
    /// Items kept for receivers.
    std::size_t buffered = 0;
    /// The most that were kept at a time; an item that goes straight to a
    /// waiting receiver is not among them.
    std::size_t peak = 0;
    /// The largest std::size_t stands for no bound.
    std::size_t capacity = 0;
    /// Open senders.
    std::size_t senders = 0;
    /// Open receivers.
    std::size_t receivers = 0;
    /// Tasks that wait in a send.
    std::size_t waiting_senders = 0;
    /// Tasks that wait in a receive.
    std::size_t waiting_receivers = 0;
    /// Items that no receiver got: dropped, or left when the last receiver was
    /// closed.
    std::size_t undelivered = 0;
};

TETHER_END_NAMESPACE

#endif
