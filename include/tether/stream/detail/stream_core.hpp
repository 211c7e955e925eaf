// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an item come from a sender to a receiver, each exactly once? The
/// part that channels and queues share: a buffer between two lines of waiters.
#ifndef TETHER_STREAM_DETAIL_STREAM_CORE_HPP
#define TETHER_STREAM_DETAIL_STREAM_CORE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/item_buffer.hpp>
#include <tether/stream/detail/stream_end.hpp>
#include <tether/stream/detail/undelivered_items.hpp>
// Builds on sync/detail/waiter_queue.hpp: waiters of every kind queue alike.
#include <tether/sync/detail/waiter_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T, class Buffer>
class put_wait;
template<class T, class Buffer>
class take_wait;
template<class T, class Buffer>
class prompt_steps;

// Invariants, between two calls: when a receiver waits, nothing is buffered;
// when a sender waits, the buffer is full. Both lines are in order of arrival,
// and nobody overtakes them. (A select may stand in both lines of one stream.)
template<class T, class Buffer = item_buffer<T>>
class stream_core {
public:
    using put = put_wait<T, Buffer>;
    using take = take_wait<T, Buffer>;
    using hook = typename undelivered_items<T>::hook;

    stream_core(stream_words const& words, std::size_t capacity,
                overflow on_full, hook undelivered)
        : takers_(words.kind),
          putters_(words.kind),
          buffer_(capacity),
          capacity_(capacity),
          on_full_(on_full),
          words_(&words),
          undelivered_(std::move(undelivered)) {}
    stream_core(stream_core const&) = delete;
    stream_core& operator=(stream_core const&) = delete;
    ~stream_core() {
        // Those who still wait are named by their line.
        if (references_ > 1 && takers_.empty() && putters_.empty())
            fatal("a queue was destroyed while tasks were about to leave it");
        retain(); // drop() takes a reference and gives it back
        discard();
    }

    stream_words const& words() const noexcept { return *words_; }
    stream_ends& senders() noexcept { return senders_; }
    stream_ends& receivers() noexcept { return receivers_; }
    // Of what comes through no handle.
    stream_end& no_end() noexcept { return no_end_; }
    char const* awaited_by(task_record const* r) noexcept {
        return senders_.all_made_by(r) ? words_->alone : words_->item;
    }
    std::size_t buffered() const noexcept { return buffer_.size(); }
    std::size_t capacity() const noexcept { return capacity_; }
    bool ended() const noexcept { return (closed_ & by_senders) != 0; }
    std::size_t accepted() const noexcept { return buffer_.accepted(); }
    std::size_t undelivered() const noexcept { return undelivered_.count(); }
    bool broken() const noexcept { return (closed_ & by_receivers) != 0; }
    bool closed() const noexcept { return closed_ != 0; }
    void check_use() {
        takers_.check_use();
        putters_.check_use();
    }
    void check_use_noexcept() noexcept {
        takers_.check_use_noexcept();
        putters_.check_use_noexcept();
    }

    // Waits keep the core as an end does, which may be closed before they run.
    // A core that is a member has its owner's reference for ever.
    void retain() noexcept { ++references_; }
    std::size_t references() const noexcept { return references_; }
    void release() noexcept {
        if (--references_ == 0) [[unlikely]]
            destroy();
    }

    // Moves `item` to where it belongs and answers true, or says that there is
    // no room. If the move throws, nothing has happened.
    bool put_now(T& item) {
        if (!takers_.empty()) {
            hand_over(item);
            count_passed();
            return true;
        }
        if (buffer_.size() < capacity_) {
            keep(item);
            return true;
        }
        return on_full_ != overflow::suspend && replace(item);
    }

    // Constructs the next item in `into`. If the move throws, the item stays
    // where it is.
    template<class Place>
    bool take_now(Place& into) {
        if (!buffer_.empty()) {
            place(into, std::move(buffer_.front()));
            buffer_.pop();
            if (!putters_.empty())
                refill();
            return true;
        }
        if (!putters_.empty()) {
            auto& w = static_cast<put&>(putters_.front());
            place(into, std::move(w.item()));
            count_passed();
            w.unlink();
            w.settle(stream_wait_state::happened);
            return true;
        }
        return false;
    }

    // An item whose receiver went away before it ran goes to the next one.
    void give_back(T& item) noexcept {
        check_use_noexcept();
        try {
            if (!takers_.empty())
                return hand_over(item);
            if (!broken()) {
                buffer_.push_front(std::move(item));
                return;
            }
        } catch (...) { // the move threw, or no memory
        }
        drop(item);
    }

    // For those who put one item into several streams or into none: a copy that
    // may throw first, beyond the capacity if need be, and then the rest.
    void stage(T const& item) { buffer_.push(item); }
    void unstage() noexcept { buffer_.unpush(); }
    bool over_full() const noexcept { return buffer_.size() > capacity_; }
    void drop_front() noexcept { evict(); }
    void serve_staged() noexcept {
        static_assert(std::is_nothrow_move_constructible_v<T>);
        if (!takers_.empty() && !buffer_.empty()) {
            hand_over(buffer_.front());
            buffer_.pop();
        }
        note_peak();
    }

    // Before one of that loop begins to wait.
    void serves_putters(loop& l) noexcept {
        putters_.adopts(l);
        if constexpr (windowed)
            buffer_.close_pops();
    }
    void serves_takers(loop& l) noexcept { takers_.adopts(l); }
    void wait_to_put(put& w) noexcept { enter(putters_, w); }
    void wait_to_take(take& w) noexcept { enter(takers_, w); }

    // Nobody will send any more.
    void end() noexcept {
        closed_ |= by_senders;
        if constexpr (windowed)
            buffer_.close_pushes();
        while (!takers_.empty()) {
            auto& w = static_cast<take&>(takers_.front());
            w.unlink();
            w.settle(stream_wait_state::ended);
        }
        takers_.retire();
        putters_.retire();
    }
    // What closed a sender with an error stands for the end; the first counts.
    void note_error(std::exception_ptr error) noexcept {
        if (!error_)
            error_ = std::move(error);
    }
    void rethrow_error() const {
        if (error_)
            std::rethrow_exception(error_);
    }
    // Nobody will receive any more, or nobody may wait to send: `how` tells the
    // waiting senders which.
    void refuse_puts(stream_wait_state how) noexcept {
        while (!putters_.empty()) {
            auto& w = static_cast<put&>(putters_.front());
            w.unlink();
            w.refused(how);
        }
        putters_.retire();
    }
    void break_off(stream_wait_state how = stream_wait_state::broken) noexcept {
        closed_ |= by_receivers;
        if constexpr (windowed)
            buffer_.close_pushes();
        refuse_puts(how);
        discard();
    }
    void discard() noexcept {
        while (!buffer_.empty())
            evict();
    }

    // Ends what waits through one end. First all are taken out, because to
    // complete one may take out others: a select has several.
    void close_waits(stream_end& end) noexcept {
        if (!end.waited)
            return;
        intrusive_list<queued_wait> through;
        auto const collect = [&](auto& line, auto* as) {
            line.for_each([&](queued_wait& w) {
                auto& mine = static_cast<decltype(*as)>(w);
                if (mine.end() != &end)
                    return;
                mine.unlink();
                mine.mark_closed();
                through.push_back(mine);
            });
        };
        collect(putters_, static_cast<put*>(nullptr));
        collect(takers_, static_cast<take*>(nullptr));
        while (!through.empty())
            through.pop_front().complete();
    }
    // The handle was moved.
    void move_waits(stream_end& from, stream_end& to) noexcept {
        if (!from.waited)
            return;
        putters_.for_each(
            [&](queued_wait& w) { static_cast<put&>(w).move_end(from, to); });
        takers_.for_each(
            [&](queued_wait& w) { static_cast<take&>(w).move_end(from, to); });
        to.waited = std::exchange(from.waited, false);
    }

    channel_statistics statistics() const noexcept {
        channel_statistics s;
        s.buffered = buffer_.size();
        s.peak = peak_;
        s.capacity = capacity_;
        s.senders = senders_.count();
        s.receivers = receivers_.count();
        s.waiting_senders = putters_.size();
        s.waiting_receivers = takers_.size();
        s.undelivered = undelivered_.count();
        return s;
    }

private:
    friend class prompt_steps<T, Buffer>;

    template<class W>
    void enter(waiter_queue& line, W& w) noexcept {
        line.push_back_here(w);
        w.end()->note_wait();
    }
    static void place(manual_lifetime<T>& into, T&& item) {
        into.construct(std::move(item));
    }
    static void place(std::optional<T>& into, T&& item) {
        into.emplace(std::move(item));
    }
    static constexpr std::uint8_t by_senders = 1;
    static constexpr std::uint8_t by_receivers = 2;
    static constexpr bool windowed =
        requires(Buffer& b, T& item) { b.push_opened(item); };

    [[gnu::noinline]] void destroy() noexcept { delete this; }
    void keep(T& item) {
        buffer_.push(std::move(item));
        note_peak();
    }
    // Of an item that never was in the buffer.
    void count_passed() noexcept {
        if constexpr (requires { buffer_.note_passed(); })
            buffer_.note_passed();
    }
    void note_peak() noexcept {
        if (buffer_.size() > peak_)
            peak_ = buffer_.size();
    }
    void hand_over(T& item) {
        auto& w = static_cast<take&>(takers_.front());
        w.receive(item);
        w.unlink();
        w.received();
    }
    void refill() noexcept {
        while (!putters_.empty() && buffer_.size() < capacity_) {
            auto& w = static_cast<put&>(putters_.front());
            w.unlink();
            try {
                buffer_.push(std::move(w.item()));
                w.settle(stream_wait_state::happened);
            } catch (...) {
                w.fail(std::current_exception());
            }
        }
    }
    bool replace(T& item) {
        if (on_full_ == overflow::drop_latest) {
            T latest(std::move(item));
            count_passed();
            drop(latest);
            return true;
        }
        buffer_.push(std::move(item));
        evict();
        return true;
    }
    // Out of the buffer first: the hook may use the stream, or close it, and so
    // may the item when it is destroyed.
    void evict() noexcept {
        manual_lifetime<T> item;
        try {
            item.construct(std::move(buffer_.front()));
        } catch (...) {
            buffer_.pop();
            undelivered_.lose(std::current_exception());
            return;
        }
        buffer_.pop();
        drop(item.get());
        item.destroy();
    }
    void drop(T& item) noexcept {
        retain(); // the hook may close the last end
        undelivered_.drop(item);
        release();
    }

    waiter_queue takers_;
    waiter_queue putters_;
    stream_ends senders_;
    stream_ends receivers_;
    Buffer buffer_;
    std::size_t capacity_;
    std::size_t references_ = 0;
    overflow on_full_;
    std::uint8_t closed_ = 0;
    stream_end no_end_;
    stream_words const* words_;
    std::size_t peak_ = 0;
    undelivered_items<T> undelivered_;
    std::exception_ptr error_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
