// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When is all the work done? A queue whose items are acknowledged, and a join
/// that waits for the last acknowledgement.
#ifndef TETHER_STREAM_WORK_QUEUE_HPP
#define TETHER_STREAM_WORK_QUEUE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/scope/scope_outcome.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/check_item.hpp>
#include <tether/stream/detail/counted_items.hpp>
#include <tether/stream/detail/put_wait.hpp>
#include <tether/stream/detail/take_wait.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class T>
class work_queue;

namespace detail {

inline constexpr stream_words work_words{
    "a work queue", "an item of a work queue", "room in a work queue",
    "an item of a work queue", " that is shut down"};

template<class T>
class work_get_wait;
template<class T>
using work_get_op = wait_op<work_get_wait<T>, work_queue<T>*>;

class work_join_wait;

// What join() waits for, without the type of the items.
class work_count {
public:
    explicit work_count(char const* what) noexcept : joiners_(what) {}

    // `all` came in so far, `dropped` of them were not taken.
    bool over(std::size_t all, std::size_t dropped) const noexcept {
        return all - dropped == done + failed;
    }
    void wake() noexcept {
        while (!joiners_.empty())
            joiners_.pop_front().complete();
    }

    std::size_t done = 0;
    std::size_t failed = 0;

private:
    friend class work_join_wait;
    waiter_queue joiners_;
};

class work_join_wait final : public queued_wait {
public:
    using revocable = void;
    using question = bool (*)(void const*);

    work_join_wait(work_count* count, question over, void const* queue) noexcept
        : count_(count), over_(over), queue_(queue) {}
    ~work_join_wait() {
        if (linked())
            count_->joiners_.remove(*this);
    }

    bool ready() {
        count_->joiners_.check_use();
        return over_(queue_);
    }
    void start() noexcept { count_->joiners_.push_back(*this); }
    void result() const noexcept {}
    abort_result abort() noexcept override {
        count_->joiners_.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the last item of a work queue to be done";
    }

private:
    work_count* count_;
    question over_;
    void const* queue_;
};

} // namespace detail

/// An item taken out of a work_queue, to be acknowledged.
///
/// Invariant: acknowledged exactly once: by done() or failed(), or when it is
/// destroyed. Destroyed by an exception or a stop that leaves the coroutine it
/// is in it counts as failed, otherwise as done. Move-only; a moved-from item
/// has nothing to acknowledge.
/// Threads: the loop of the queue; it must not outlive the queue.
/// Example:
/// ```
/// while (auto item = co_await queue.get()) {
///     co_await process(**item);
///     item->done(); // or leave it to the end of the loop's body
/// }
/// ```
template<class T>
class [[nodiscard("an item that is dropped counts as done")]] work_item {
public:
    work_item(work_item&& other) noexcept
        : value_(std::move(other.value_)),
          queue_(std::exchange(other.queue_, nullptr)) {}
    work_item& operator=(work_item&&) = delete;
    ~work_item() {
        if (queue_)
            acknowledge(how_.succeeded());
    }

    [[nodiscard]] T& operator*() noexcept { return value_; }
    [[nodiscard]] T* operator->() noexcept { return std::addressof(value_); }

    /// Acknowledges the item now.
    ///
    /// Errors: std::logic_error when it was acknowledged before.
    void done() {
        check_valid();
        acknowledge(true);
    }
    /// Acknowledges it now and counts it as failed; for a worker that goes on.
    ///
    /// Errors: as done().
    void failed() {
        check_valid();
        acknowledge(false);
    }

private:
    friend class work_queue<T>;
    friend class detail::work_get_wait<T>;

    work_item(work_queue<T>& q,
              T&& value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(value)), queue_(&q) {}
    void check_valid() const {
        if (!queue_)
            throw std::logic_error("an item of a work queue is acknowledged "
                                   "twice");
    }
    void acknowledge(bool well) noexcept {
        std::exchange(queue_, nullptr)->acknowledged(well);
    }

    T value_;
    work_queue<T>* queue_;
    scope_outcome how_;
};

/// What work_queue::statistics() tells.
struct work_queue_statistics {
    std::size_t buffered = 0;     ///< items that nobody has taken
    std::size_t peak = 0;         ///< the most of them at a time
    std::size_t capacity = 0;     ///< the largest std::size_t for no bound
    std::size_t unfinished = 0;   ///< put in and not acknowledged
    std::size_t done = 0;         ///< acknowledged well
    std::size_t failed = 0;       ///< acknowledged as failed
    std::size_t dropped = 0;      ///< by an immediate shutdown
    std::size_t waiting_puts = 0; ///< tasks in put()
    std::size_t waiting_gets = 0; ///< tasks in get()
};

/// A queue of work: tasks put items in, workers take them and acknowledge them,
/// and join() waits until all are acknowledged.
///
/// Invariant: holds at most its capacity; items leave in the order in which
/// they came. Every item that is taken is acknowledged exactly once, also by a
/// worker that dies with it, so that join() never hangs on it.
/// Errors: destroying it while tasks wait, or while items are held, writes a
/// sentence and terminates.
/// Never lost: as for the ends of a channel.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error, or terminates in a destructor.
/// Example:
/// ```
/// tether::work_queue<page> pages(100);
/// for (int i = 0; i != 8; ++i)
///     group.spawn(worker, std::ref(pages));
/// co_await pages.put(first_page());
/// co_await pages.join(); // also of the pages that workers have put in
/// pages.shutdown();
/// ```
/// Source: Python's asyncio.Queue, with acknowledgement by ownership.
template<class T>
class work_queue {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item of a work queue is acknowledged exactly once, also "
                  "while it is moved: its move constructor must be noexcept");
    using buffer = detail::counted_items<T>;

public:
    using value_type = T;

    /// Parameters: at most `capacity` items wait to be taken; zero hands each
    /// to a worker that waits. What an immediate shutdown drops goes to
    /// `undelivered`, which does not use the queue.
    explicit work_queue(channel_capacity capacity,
                        std::function<void(T&&)> undelivered = {})
        : core_(detail::work_words, capacity.value(), overflow::suspend,
                std::move(undelivered)) {
        core_.retain(); // lives here, not on the heap
    }
    work_queue(work_queue const&) = delete;
    work_queue& operator=(work_queue const&) = delete;
    ~work_queue() {
        if (held() != 0)
            detail::fatal("a work queue was destroyed while items of it are "
                          "held: declare it before what holds its items");
    }

    /// Puts one item in.
    ///
    /// Parameters: as for sender::send().
    /// Errors: closed_resource when the queue is shut down; what the move of
    /// the item throws.
    /// Completes when: there is room, or a worker waits, and nobody waits
    /// longer. Always a checkpoint.
    /// On cancellation: the item was not put in, and its variable is untouched.
    [[nodiscard("co_await the put")]] auto
    put(T&& item, detail::call_site here = TETHER_HERE) {
        TETHER_CHECK_ITEM(T);
        return put_from(item, here);
    }
    /// \overload
    [[nodiscard("co_await the put")]] auto
    put(T const& item, detail::call_site here = TETHER_HERE)
        requires std::copy_constructible<T>
    {
        return detail::put_copy_op<T, buffer>(&core_, item, here);
    }
    /// The same as a put of `std::move(item)`, see sender::send_from().
    ///
    /// Completes when: as put().
    /// On cancellation: as put().
    [[nodiscard("co_await the put")]] auto
    put_from(T& item, detail::call_site here = TETHER_HERE) {
        return detail::put_op<T, buffer>(here, &core_, std::addressof(item));
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
    /// Result: a std::optional of a work_item, empty when the queue is shut
    /// down and nothing is left.
    /// Errors: what the move of the item throws, which leaves it in the queue.
    /// Completes when: there is an item and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: nothing was taken.
    [[nodiscard("co_await the get")]] detail::work_get_op<T>
    get(detail::call_site here = TETHER_HERE) {
        return detail::work_get_op<T>(here, this);
    }
    /// Takes one item out without waiting.
    ///
    /// Result: a work_item, or would_block or end.
    [[nodiscard]] try_received<work_item<T>> try_get() {
        core_.check_use();
        detail::manual_lifetime<T> item;
        if (core_.take_now(item)) {
            detail::item_guard<T, buffer> const after{core_, item};
            return try_received<work_item<T>>(
                work_item<T>(*this, std::move(item.get())));
        }
        return try_received<work_item<T>>(
            core_.ended() ? channel_status::end : channel_status::would_block);
    }

    /// Waits until every item that was put in is acknowledged.
    ///
    /// Completes when: that is so at some moment after the call, at once if it
    /// is so then. Always a checkpoint.
    /// On cancellation: the wait is given up; the work goes on.
    [[nodiscard("co_await the join")]] auto
    join(detail::call_site here = TETHER_HERE) {
        detail::work_join_wait::question const asked = [](void const* self) {
            return static_cast<work_queue const*>(self)->over();
        };
        void const* const self = this;
        return detail::wait_op<detail::work_join_wait, detail::work_count*,
                               detail::work_join_wait::question, void const*>(
            here, &count_, asked, self);
    }

    /// Ends the queue: puts that wait and later ones get closed_resource; gets
    /// find what is left and then the end. An immediate shutdown drops what
    /// nobody has taken, which then counts as over. Idempotent.
    void shutdown(queue_shutdown how = queue_shutdown::graceful) noexcept {
        core_.check_use_noexcept();
        core_.end(); // what is dropped now cannot be put in again
        if (how == queue_shutdown::immediate)
            core_.break_off(detail::stream_wait_state::closed);
        else
            core_.refuse_puts(detail::stream_wait_state::closed);
        wake_if_over();
    }

    /// Result: how many items wait to be taken.
    [[nodiscard]] std::size_t size() const noexcept { return core_.buffered(); }
    /// Whether none does.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Whether a put would wait, unless a worker waits.
    [[nodiscard]] bool full() const noexcept {
        return size() >= core_.capacity();
    }
    /// Result: counts for logs and dumps.
    [[nodiscard]] work_queue_statistics statistics() const noexcept {
        channel_statistics const s = core_.statistics();
        work_queue_statistics all;
        all.buffered = s.buffered;
        all.peak = s.peak;
        all.capacity = s.capacity;
        all.unfinished = held() + s.buffered;
        all.done = count_.done;
        all.failed = count_.failed;
        all.dropped = s.undelivered;
        all.waiting_puts = s.waiting_senders;
        all.waiting_gets = s.waiting_receivers;
        return all;
    }

private:
    friend class work_item<T>;
    friend class detail::work_get_wait<T>;

    // Taken, or handed to a worker that has not run, and not acknowledged.
    std::size_t held() const noexcept {
        return core_.accepted() - core_.undelivered() - core_.buffered() -
               count_.done - count_.failed;
    }
    bool over() const noexcept {
        return count_.over(core_.accepted(), core_.undelivered());
    }
    void wake_if_over() noexcept {
        if (over())
            count_.wake();
    }
    void acknowledged(bool well) noexcept {
        core_.check_use_noexcept();
        ++(well ? count_.done : count_.failed);
        wake_if_over();
    }

    detail::stream_core<T, buffer> core_;
    detail::work_count count_{"the work of a queue"};
};

namespace detail {

template<class T>
class work_get_wait final : public own_take_wait<T, counted_items<T>> {
public:
    explicit work_get_wait(work_queue<T>* q) noexcept
        : own_take_wait<T, counted_items<T>>(&q->core_), queue_(q) {}

    std::optional<work_item<T>> result() {
        std::optional<work_item<T>> out;
        if (this->has_item())
            this->take_item([&](T& item) {
                out.emplace(work_item<T>(*queue_, std::move(item)));
            });
        return out;
    }

private:
    work_queue<T>* queue_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
