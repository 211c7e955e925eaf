// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does every one of several tasks get every item? Each subscribes, with a
/// buffer of its own and a rule for the case that it is too slow.
#ifndef TETHER_STREAM_BROADCAST_HPP
#define TETHER_STREAM_BROADCAST_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/broadcast_options.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/broadcast_core.hpp>

#include <cstddef>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class T>
class broadcast;

/// One subscriber's end of a broadcast.
///
/// Invariant: gets every item sent after it was made, in order, but those it
/// missed under lag_policy::drop_oldest. Closed by close(), a move or its
/// destruction; may outlive the broadcast. Move-only.
/// Errors: use of a closed subscription is closed_resource.
/// Threads: the loop of the broadcast.
template<class T>
class subscription {
public:
    using value_type = T;

    /// A closed subscription, to be moved into.
    subscription() noexcept = default;
    subscription(subscription&&) noexcept = default;
    subscription& operator=(subscription&& other) noexcept {
        if (this != &other) {
            close();
            self_ = std::move(other.self_);
        }
        return *this;
    }
    ~subscription() { close(); }

    /// Receives the next item.
    ///
    /// Result: empty at the end, when the broadcast is closed and nothing is
    /// left.
    /// Errors: closed_resource for a closed subscription; broken_resource after
    /// the last item of one that was disconnected.
    /// Completes when: there is an item, or at the end. Always a checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the receive")]] detail::subscription_op<T>
    receive(detail::call_site here = TETHER_HERE) {
        return detail::subscription_op<T>(here, &self_);
    }

    /// Result: how many items it missed since this was last asked.
    [[nodiscard]] std::size_t missed() noexcept {
        return self_ ? std::exchange(self_->missed, 0) : 0;
    }

    /// Ends the subscription: a receive that waits through it ends with
    /// nothing, as at the end, and a send that waited for it goes on.
    /// Idempotent.
    void close() noexcept {
        if (!self_)
            return;
        auto self = std::move(self_);
        self->core.check_use_noexcept();
        if (detail::broadcast_core<T>* const from = self->source)
            from->unsubscribe(std::move(self));
    }

    /// Result: counts for logs and dumps; all zero when closed.
    [[nodiscard]] channel_statistics statistics() const noexcept {
        return self_ ? self_->core.statistics() : channel_statistics();
    }

private:
    friend class broadcast<T>;
    explicit subscription(std::unique_ptr<detail::subscriber<T>> s) noexcept
        : self_(std::move(s)) {}

    std::unique_ptr<detail::subscriber<T>> self_;
};

/// Sends every item to every subscriber.
///
/// Invariant: all subscribers get items in the same order; one that comes late
/// gets what is sent after it came. An item without subscribers is gone.
/// Errors: destroying it while sends wait, or while it delivers an item, writes
/// a sentence and terminates.
/// Never lost: an item reaches all subscribers or, if a copy throws or the send
/// is cancelled, none. Its copies and destructors may use the broadcast: what
/// they do comes after the item, and try_send() has no room meanwhile. Moves
/// may not.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error, or terminates where something is closed.
/// Example:
/// ```
/// tether::broadcast<price> prices;
/// group.spawn(screen, prices.subscribe(1, lag_policy::drop_oldest));
/// group.spawn(archive, prices.subscribe(1000));
/// co_await prices.send(latest);
/// ```
/// Source: tokio's broadcast and Kotlin's SharedFlow, with a rule for each
/// subscriber.
template<class T>
class broadcast {
    static_assert(std::is_copy_constructible_v<T> &&
                      std::is_nothrow_move_constructible_v<T>,
                  "each subscriber of a broadcast gets a copy: T is copyable, "
                  "and its move constructor noexcept; send a "
                  "std::shared_ptr<T const> otherwise");

public:
    using value_type = T;

    broadcast() noexcept = default;
    broadcast(broadcast const&) = delete;
    broadcast& operator=(broadcast const&) = delete;
    /// Ends all subscriptions.
    ~broadcast() = default;

    /// Parameters: at most `capacity` items, at least one, wait for the
    /// subscriber; `lag` says what happens to one more.
    /// Result: gets what is sent from now on; of a closed broadcast nothing.
    /// Errors: std::invalid_argument for a capacity of zero.
    [[nodiscard("without it nothing is received")]] subscription<T>
    subscribe(channel_capacity capacity, lag_policy lag = lag_policy::block) {
        if (capacity.value() == 0)
            throw std::invalid_argument("a subscription keeps at least one "
                                        "item: its capacity is zero");
        return subscription<T>(core_.subscribe(capacity.value(), lag));
    }

    /// Sends a copy of the item, which is made in the call, to all subscribers.
    ///
    /// Errors: closed_resource when the broadcast is or gets closed; what a
    /// copy throws, and nobody gets the item then.
    /// Completes when: no subscriber that blocks is full, and nobody waits
    /// longer. Always a checkpoint.
    /// On cancellation: nobody got the item.
    [[nodiscard("co_await the send")]] detail::broadcast_op<T>
    send(T const& item,
         std::source_location here = std::source_location::current()) {
        return detail::broadcast_op<T>(core_, item, here);
    }

    /// Sends without waiting.
    ///
    /// Result: ok, would_block or closed.
    /// Errors: as send().
    [[nodiscard("it may not have been sent")]] channel_status
    try_send(T const& item) {
        return core_.try_send(item);
    }

    /// Ends all subscriptions, after what they have; sends that wait get
    /// closed_resource. Idempotent.
    void close() noexcept { core_.close(); }

    /// Result: counts for logs and dumps.
    [[nodiscard]] broadcast_statistics statistics() const noexcept {
        return core_.statistics();
    }

private:
    detail::broadcast_core<T> core_;
};

TETHER_END_NAMESPACE

#endif
