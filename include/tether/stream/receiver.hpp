// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an item come out of a channel? Through a receiver.
#ifndef TETHER_STREAM_RECEIVER_HPP
#define TETHER_STREAM_RECEIVER_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/channel_end.hpp>
#include <tether/stream/detail/take_some_wait.hpp>
#include <tether/stream/detail/take_wait.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The end of a channel through which items come out.
///
/// Invariant: open until close(), a move or its destruction; with the last open
/// receiver the channel is broken for its senders. Move-only, see clone().
/// Errors: use of a closed receiver is closed_resource.
/// Never lost: each item goes to exactly one receive, in the order in which
/// they came; one that was handed to a task which then never runs goes to the
/// next.
/// Threads: as for sender.
/// Example:
/// ```
/// while (auto item = co_await rx.receive())
///     use(*item);
/// ```
template<class T>
class receiver : public detail::channel_end<T, false> {
    using base = detail::channel_end<T, false>;
    using buffer = detail::item_buffer<T>;

public:
    using value_type = T;

    /// A closed receiver, to be moved into.
    receiver() noexcept = default;

    /// Receives one item.
    ///
    /// Result: empty at the end, when all senders are closed and nothing is
    /// left.
    /// Errors: closed_resource when this receiver is or gets closed; at the
    /// end, the error with which a sender was closed; what the move of the item
    /// throws, which leaves it in the channel.
    /// Completes when: there is an item and nobody waits longer, or at the end.
    /// Always a checkpoint.
    /// On cancellation: nothing was taken.
    /// Never lost: an item that came before the cancel is delivered; the stop
    /// comes at the next checkpoint.
    [[nodiscard("co_await the receive")]] auto
    receive(detail::call_site here = TETHER_HERE) {
        return detail::take_op<T, buffer, typename base::port>(here,
                                                               this->end());
    }

    /// Receives at least one item, and as many more as there are, up to `max`.
    ///
    /// Result: a vector, empty at the end only.
    /// Errors: as receive(); std::invalid_argument when `max` is zero.
    /// Completes when: as receive().
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the receive")]] auto
    receive_some(std::size_t max, detail::call_site here = TETHER_HERE) {
        if (max == 0)
            throw std::invalid_argument(
                "receiver::receive_some: zero items would look like the end");
        return detail::take_some_op<T>(here, this->end(), max);
    }

    /// Receives without waiting.
    ///
    /// Result: an item, or would_block, closed or end.
    /// Errors: at the end, the error with which a sender was closed.
    [[nodiscard]] try_received<T> try_receive() {
        auto* const c = this->of();
        if (!c)
            return try_received<T>(channel_status::closed);
        c->check_use();
        detail::manual_lifetime<T> item;
        if (c->take_now(item)) {
            // If the move throws, the item goes back to its place.
            detail::item_guard<T> const after{*c, item};
            return try_received<T>(std::move(item.get()));
        }
        if (!c->ended())
            return try_received<T>(channel_status::would_block);
        c->rethrow_error();
        return try_received<T>(channel_status::end);
    }

    /// Another receiver of the same channel; each item goes to one of them.
    ///
    /// Errors: closed_resource when this one is closed.
    [[nodiscard]] receiver clone() const {
        return receiver(this->opened("clone"));
    }

    /// Closes this receiver: what waits through it ends with closed_resource.
    /// With the last one, senders get broken_resource, and what is buffered
    /// goes to the undelivered hook. Idempotent.
    void close() noexcept { this->shut(nullptr); }

    /// Whether it can be used.
    [[nodiscard]] bool is_open() const noexcept { return this->of(); }

    /// Result: counts for logs and dumps.
    /// Errors: closed_resource.
    [[nodiscard]] channel_statistics statistics() const {
        return this->opened("statistics").statistics();
    }

private:
    friend struct detail::channel_access;
    explicit receiver(detail::stream_core<T>& c) noexcept : base(c) {}
};

TETHER_END_NAMESPACE

#endif
