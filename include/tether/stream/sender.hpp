// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an item go into a channel? Through a sender.
#ifndef TETHER_STREAM_SENDER_HPP
#define TETHER_STREAM_SENDER_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/channel_end.hpp>
#include <tether/stream/detail/check_item.hpp>
#include <tether/stream/detail/put_wait.hpp>
#include <tether/task/task.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The end of a channel through which items go in.
///
/// Invariant: open until close(), a move or its destruction; the sending side
/// of the channel ends with the last open sender. Move-only, see clone().
/// Errors: use of a closed sender is closed_resource; all receivers closed is
/// broken_resource. Both are closed_error.
/// Never lost: an item stays in the sender's variable until it has its place;
/// a send that is cancelled, or throws, has not touched it.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. A close or destructor terminates then, as far as
/// it can tell: not while the other loop is between two passes. Example:
/// ```
/// auto [tx, rx] = tether::channel<std::string>(8);
/// group.spawn(reader, std::move(rx));
/// co_await tx.send(std::move(line));
/// tx.close();
/// ```
/// Source: Trio's memory channels.
template<class T>
class sender : public detail::channel_end<T, true> {
    using base = detail::channel_end<T, true>;
    using buffer = detail::item_buffer<T>;

public:
    using value_type = T;

    /// A closed sender, to be moved into.
    sender() noexcept = default;

    /// Sends one item.
    ///
    /// Parameters: an rvalue is moved from when it is sent, and only then; it
    /// outlives the await, as a variable or a temporary of the same expression
    /// does. An lvalue is copied in the call.
    /// Errors: closed_resource when this sender is or gets closed;
    /// broken_resource when all receivers are or get closed; what the move of
    /// the item throws, which leaves it with the sender.
    /// Completes when: a receiver has taken the item, or there is room for it
    /// and nobody waits longer. Always a checkpoint.
    /// On cancellation: the item was not sent, and its variable is untouched.
    /// Never lost: a send that happened before the cancel completes; the stop
    /// comes at the next checkpoint.
    [[nodiscard("co_await the send")]] auto
    send(T&& item, detail::call_site here = TETHER_HERE) {
        TETHER_CHECK_ITEM(T);
        return send_from(item, here);
    }
    /// \overload
    [[nodiscard("co_await the send")]] auto
    send(T const& item, detail::call_site here = TETHER_HERE)
        requires std::copy_constructible<T>
    {
        return detail::put_copy_op<T, buffer, typename base::port>(this->end(),
                                                                   item, here);
    }

    /// The same as a send of `std::move(item)`, also for the aggregates that
    /// g++ 12 must not see as temporaries in a co_await expression.
    ///
    /// Completes when: as send().
    /// On cancellation: as send().
    [[nodiscard("co_await the send")]] auto
    send_from(T& item, detail::call_site here = TETHER_HERE) {
        return detail::put_op<T, buffer, typename base::port>(
            here, this->end(), std::addressof(item));
    }

    /// Sends without waiting, and without overtaking senders that wait.
    ///
    /// Result: ok if `item` was moved from; would_block, closed or broken if it
    /// was not touched.
    /// Errors: what the move of the item throws.
    [[nodiscard("it may not have been sent")]] channel_status
    try_send(T&& item) {
        auto* const c = this->of();
        if (!c)
            return channel_status::closed;
        c->check_use();
        if (c->broken())
            return channel_status::broken;
        return c->put_now(item) ? channel_status::ok
                                : channel_status::would_block;
    }
    /// \overload
    [[nodiscard("it may not have been sent")]] channel_status
    try_send(T const& item)
        requires std::copy_constructible<T>
    {
        T copy(item);
        return try_send(std::move(copy));
    }

    /// Sends the elements of a range one after the other.
    ///
    /// Parameters: the elements of an rvalue range are moved from as they are
    /// sent, and what was not sent stays there; those of an lvalue range are
    /// copied. The range outlives the await.
    /// Errors: as send(), with the elements before it sent.
    /// Completes when: the last one is sent. A checkpoint for each.
    /// On cancellation: stops before an element; those before it are sent.
    template<std::ranges::input_range R>
    [[nodiscard("co_await the sends")]] task<> send_all(R&& items) {
        return send_each<R>(*this, items);
    }

    /// Another sender of the same channel.
    ///
    /// Errors: closed_resource when this one is closed.
    [[nodiscard]] sender clone() const { return sender(this->opened("clone")); }

    /// Closes this sender: what waits through it ends with closed_resource.
    /// With the last one, receivers get what is buffered and then the end.
    /// Idempotent.
    void close() noexcept { this->shut(nullptr); }

    /// The same, and in place of the end receivers get `error`; the first one
    /// counts. For a producer that gives up.
    void close(std::exception_ptr error) noexcept {
        this->shut(std::move(error));
    }

    /// Whether it can be used.
    [[nodiscard]] bool is_open() const noexcept { return this->of(); }

    /// Result: counts for logs and dumps.
    /// Errors: closed_resource.
    [[nodiscard]] channel_statistics statistics() const {
        return this->opened("statistics").statistics();
    }

private:
    friend struct detail::channel_access;
    explicit sender(detail::stream_core<T>& c) noexcept : base(c) {}

    template<class R>
    static task<> send_each(sender& to, std::remove_reference_t<R>& items) {
        for (auto&& item : items) {
            if constexpr (!std::is_lvalue_reference_v<R> &&
                          std::same_as<decltype(item), T&>) {
                co_await to.send_from(item);
            } else {
                T one(std::forward<decltype(item)>(item));
                co_await to.send_from(one);
            }
        }
    }
};

TETHER_END_NAMESPACE

#endif
