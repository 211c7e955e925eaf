// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the queues have in common? One object with a way in and a way out,
/// and a shutdown instead of ends that close.
#ifndef TETHER_STREAM_DETAIL_QUEUE_HPP
#define TETHER_STREAM_DETAIL_QUEUE_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/check_item.hpp>
#include <tether/stream/detail/put_wait.hpp>
#include <tether/stream/detail/take_wait.hpp>
#include <tether/task/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

inline constexpr stream_words queue_words{
    "a queue", "an item of a queue", "room in a queue", "an item of a queue",
    " that is shut down"};

template<class T, class Buffer>
class queue {
public:
    using value_type = T;

    /// Parameters: at most `capacity` items are kept; what is dropped goes to
    /// `undelivered`, which does not use the queue.
    /// Errors: std::invalid_argument for a capacity below one.
    explicit queue(channel_capacity capacity,
                   std::function<void(T&&)> undelivered = {})
        : queue(queue_words, at_least_one(capacity), std::move(undelivered)) {}
    queue(queue const&) = delete;
    queue& operator=(queue const&) = delete;

    /// Puts one item in.
    ///
    /// Parameters: as for sender::send().
    /// Errors: closed_resource when the queue is shut down; what the move of
    /// the item throws.
    /// Completes when: there is room, or a task waits for the item, and nobody
    /// waits longer. Always a checkpoint.
    /// On cancellation: the item was not put in, and its variable is untouched.
    [[nodiscard("co_await the put")]] auto put(T&& item,
                                               call_site here = TETHER_HERE) {
        TETHER_CHECK_ITEM(T);
        return put_from(item, here);
    }
    /// \overload
    [[nodiscard("co_await the put")]] auto put(T const& item,
                                               call_site here = TETHER_HERE)
        requires std::copy_constructible<T>
    {
        return put_copy_op<T, Buffer>(&core_, item, here);
    }
    /// The same as a put of `std::move(item)`, see sender::send_from().
    ///
    /// Completes when: as put().
    /// On cancellation: as put().
    [[nodiscard("co_await the put")]] auto
    put_from(T& item, call_site here = TETHER_HERE) {
        return put_op<T, Buffer>(here, &core_, std::addressof(item));
    }

    /// Puts an item in without waiting.
    ///
    /// Result: ok if `item` was moved from; would_block or closed if not.
    [[nodiscard("it may not be in the queue")]] channel_status
    try_put(T&& item) {
        core_.check_use();
        if (core_.ended())
            return channel_status::closed;
        return core_.put_now(item) ? channel_status::ok
                                   : channel_status::would_block;
    }

    /// Takes one item out.
    ///
    /// Result: empty when the queue is shut down and nothing is left.
    /// Errors: what the move of the item throws, which leaves it in the queue.
    /// Completes when: there is an item and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the get")]] auto get(call_site here = TETHER_HERE) {
        return take_op<T, Buffer>(here, &core_);
    }

    /// Takes one item out without waiting.
    ///
    /// Result: an item, or would_block or end.
    [[nodiscard]] try_received<T> try_get() {
        core_.check_use();
        manual_lifetime<T> item;
        if (core_.take_now(item)) {
            item_guard<T, Buffer> const after{core_, item};
            return try_received<T>(std::move(item.get()));
        }
        return try_received<T>(core_.ended() ? channel_status::end
                                             : channel_status::would_block);
    }

    /// Ends the queue: puts that wait and later ones get closed_resource; gets
    /// find what is left and then the end. Idempotent; immediate may follow
    /// graceful.
    void shutdown(queue_shutdown how = queue_shutdown::graceful) noexcept {
        core_.check_use_noexcept();
        core_.end(); // what is dropped now cannot be put in again
        if (how == queue_shutdown::immediate)
            core_.break_off(stream_wait_state::closed);
        else
            core_.refuse_puts(stream_wait_state::closed);
    }

    /// Result: how many items are kept at the moment.
    [[nodiscard]] std::size_t size() const noexcept { return core_.buffered(); }
    /// Whether none is.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Whether a put would wait.
    [[nodiscard]] bool full() const noexcept {
        return size() >= core_.capacity();
    }
    /// Result: counts for logs and dumps; a queue has no senders and receivers
    /// but the tasks that wait.
    [[nodiscard]] channel_statistics statistics() const noexcept {
        return core_.statistics();
    }

protected:
    queue(stream_words const& words, std::size_t capacity,
          std::function<void(T&&)> undelivered)
        : core_(words, capacity, overflow::suspend, std::move(undelivered)) {
        core_.retain(); // lives here, not on the heap
    }
    ~queue() = default;

    stream_core<T, Buffer> core_;

private:
    static std::size_t at_least_one(channel_capacity capacity) {
        if (capacity.value() == 0)
            throw std::invalid_argument(
                "a queue that orders its items keeps at least one: its "
                "capacity is zero");
        return capacity.value();
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
