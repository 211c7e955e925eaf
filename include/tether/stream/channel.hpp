// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks hand items to each other? Through a channel with two ends, each
/// of which may be cloned, moved into a child, and closed.
#ifndef TETHER_STREAM_CHANNEL_HPP
#define TETHER_STREAM_CHANNEL_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/stream_wait.hpp>
#include <tether/task/task.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

template<class T>
class sender;
template<class T>
class receiver;

namespace detail {

inline constexpr stream_words channel_words{
    "a channel", "an item of a channel", "room in a channel",
    "an item of a channel that only this task itself could send: close or "
    "move the sender it holds",
    " through an end that is closed"};

template<class T>
class take_some_wait;
template<class T>
using take_some_op =
    wait_op<take_some_wait<T>, stream_core<T>*, stream_end*, std::size_t>;

struct channel_access;

// What both ends have in common: a place in the core's list.
template<class T, bool Sends>
class channel_end : private core_end<stream_core<T>> {
public:
    using core = stream_core<T>;

    channel_end() noexcept = default;
    channel_end(channel_end&& other) noexcept { take_over(other); }
    channel_end& operator=(channel_end&& other) noexcept {
        if (this != &other) {
            shut(nullptr);
            take_over(other);
        }
        return *this;
    }
    ~channel_end() { shut(nullptr); }

protected:
    using port = core_end<core>;

    explicit channel_end(core& c) noexcept {
        stream = &c;
        maker = running_task();
        stream->retain();
        side().add(*this);
    }

    core* of() const noexcept { return stream; }
    port* end() noexcept { return this; }
    void made_here() noexcept { maker = running_task(); }

    core& opened(char const* verb) const {
        if (!stream)
            throw closed_resource(std::string(verb) +
                                  " of an end of a channel that is closed");
        stream->check_use();
        return *stream;
    }

    void shut(std::exception_ptr error) noexcept {
        if (!stream)
            return;
        core& c = *std::exchange(stream, nullptr);
        c.check_use_noexcept();
        c.close_waits(*this);
        stream_ends& ends = Sends ? c.senders() : c.receivers();
        ends.remove(*this);
        if constexpr (Sends) {
            if (error)
                c.note_error(std::move(error));
            if (ends.count() == 0)
                c.end();
        } else if (ends.count() == 0) {
            c.break_off();
        }
        c.release();
    }

private:
    using port::maker;
    using port::stream;

    stream_ends& side() noexcept {
        return Sends ? stream->senders() : stream->receivers();
    }
    void take_over(channel_end& other) noexcept {
        if (!other.stream)
            return;
        stream = std::exchange(other.stream, nullptr);
        stream->move_waits(other, *this);
        side().add(*this);
        side().remove(other);
        maker = nullptr;
    }
};

} // namespace detail

/// The end of a channel through which items go in.
///
/// Invariant: open until close(), a move or its destruction; the sending side
/// of the channel ends with the last open sender. Move-only, see clone().
/// Errors: use of a closed sender is closed_resource; all receivers closed is
/// broken_resource. Both are closed_error.
/// Never lost: an item stays in the sender's variable until it has its place;
/// a send that is cancelled, or throws, has not touched it.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error, or terminates in a destructor.
/// Example:
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
    send(T&& item,
         std::source_location here = std::source_location::current()) {
        TETHER_CHECK_ITEM(T);
        return send_from(item, here);
    }
    /// \overload
    [[nodiscard("co_await the send")]] auto
    send(T const& item,
         std::source_location here = std::source_location::current())
        requires std::copy_constructible<T>
    {
        return detail::put_copy_op<T, buffer>(this->of(), this->end(), item,
                                              here);
    }

    /// The same as a send of `std::move(item)`, also for the aggregates that
    /// g++ 12 must not see as temporaries in a co_await expression.
    ///
    /// Completes when: as send().
    /// On cancellation: as send().
    [[nodiscard("co_await the send")]] auto
    send_from(T& item,
              std::source_location here = std::source_location::current()) {
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
    receive(std::source_location here = std::source_location::current()) {
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
    receive_some(std::size_t max,
                 std::source_location here = std::source_location::current()) {
        if (max == 0)
            throw std::invalid_argument(
                "receiver::receive_some: zero items would look like the end");
        return detail::take_some_op<T>(here, this->of(), this->end(), max);
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

namespace detail {

template<class T>
class take_some_wait final : public take_wait<T, item_buffer<T>> {
public:
    take_some_wait(stream_core<T>* c, stream_end* end, std::size_t max) noexcept
        : take_wait<T, item_buffer<T>>(c, end), max_(max) {}

    std::vector<T> result() {
        std::vector<T> out;
        if (!this->has_item())
            return out;
        // Room for all of them first: nothing may throw with an item in hand.
        auto const now = this->core_->statistics();
        std::size_t const there = now.buffered + now.waiting_senders;
        out.reserve((std::min)(max_ - 1, there) + 1);
        this->take_item([&](T& item) { out.push_back(std::move(item)); });
        while (out.size() < out.capacity() && out.size() < max_)
            if (!one_more(out))
                break;
        return out;
    }

private:
    // What the move of an item throws waits for the next receive.
    bool one_more(std::vector<T>& out) noexcept {
        manual_lifetime<T> item;
        try {
            if (!this->core_->take_now(item))
                return false;
        } catch (...) {
            return false;
        }
        try {
            item_guard<T> const after{*this->core_, item};
            out.push_back(std::move(item.get()));
            return true;
        } catch (...) {
            return false;
        }
    }

    std::size_t max_;
};

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
/// operation that drops the item, and does not use the channel; what it throws
/// goes to the loop's on_unhandled_error.
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
