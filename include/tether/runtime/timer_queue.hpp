// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which sleep or deadline is due next? A four-ary heap with the keys in its
/// slots: comparing touches no task. Plain code without Asio.
#ifndef TETHER_RUNTIME_TIMER_QUEUE_HPP
#define TETHER_RUNTIME_TIMER_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/prefetch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

class timer_queue;

// What a timer belongs to; its owner embeds it and takes it out before it dies.
class timer_node {
public:
    using callback = void (*)(timer_node&) noexcept;

    explicit timer_node(callback expired) noexcept : expired_(expired) {}
    timer_node(timer_node const&) = delete;
    timer_node& operator=(timer_node const&) = delete;

    bool armed() const noexcept { return ticket_ != unarmed; }
    time_point due() const noexcept { return due_; }

private:
    friend class timer_queue;
    static constexpr std::size_t unarmed = static_cast<std::size_t>(-1);

    callback expired_;
    time_point due_{};
    std::size_t ticket_ = unarmed;
};

// With 10^5 timers every look at a node is a miss of the cache, so the heap
// moves slots and touches no node: slot and node find each other by a ticket,
// an index of a table. A timer that is removed only tears its ticket; the slot
// goes when it comes to the top, or when half of the slots are such. The
// vectors grow by doubling, so a wait allocates nothing once the loop has seen
// its peak.
class timer_queue {
public:
    timer_queue() = default;
    timer_queue(timer_queue const&) = delete;
    timer_queue& operator=(timer_queue const&) = delete;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    time_point earliest() const noexcept { return heap_.front().due; }

    // Throws std::bad_alloc with the node unarmed.
    void insert(timer_node& node, time_point due) {
        make_room();
        insert_reserved(node, due);
    }

    // For a timer that is armed where nothing may throw: room is kept for it.
    void reserve() {
        make_room();
        ++reserved_;
    }
    void unreserve() noexcept { --reserved_; }
    void insert_reserved(timer_node& node, time_point due) noexcept {
        node.due_ = due;
        node.ticket_ = take_ticket(node);
        heap_.push_back({due, next_order_, node.ticket_});
        ++next_order_;
        ++size_;
        sift_up(heap_.size() - 1, heap_.back());
    }

    void remove(timer_node& node) noexcept {
        if (!node.armed())
            return;
        tickets_[node.ticket_].node = nullptr;
        node.ticket_ = timer_node::unarmed;
        --size_;
        if (heap_.size() > 2 * size_ + slack)
            sweep();
        clean_top();
    }

    // Calls everything due at `now`, earliest first. A few are taken out ahead
    // of their call: while the first is called the others come into the cache.
    void expire(time_point now) noexcept {
        slot ahead[lookahead];
        for (;;) {
            std::size_t n = 0;
            for (; n != lookahead && due(now); ++n) {
                ahead[n] = heap_.front();
                prefetch(tickets_[ahead[n].ticket].node);
                pop();
            }
            if (n == 0)
                return;
            for (std::size_t i = 0; i != n; ++i) {
                // What a callback armed may be due before the others.
                while (!heap_.empty() && heap_.front().before(ahead[i])) {
                    slot const first = heap_.front();
                    pop();
                    call(first);
                }
                call(ahead[i]);
            }
        }
    }

    // The same for tests: of `n` timers due at one instant, at most `window`,
    // `choose(n)` goes first, counted from 0 in order of registration.
    template<class Choose>
    void expire(time_point now, std::size_t window, Choose&& choose) noexcept {
        while (due(now)) {
            timer_node& node =
                tied(window > 1 ? choose((std::min)(window, ties())) : 0);
            remove(node);
            node.expired_(node);
        }
    }

private:
    static constexpr std::size_t arity = 4;
    static constexpr std::size_t lookahead = 16;
    static constexpr std::size_t slack = 16; // removed ones that do not count

    struct slot {
        time_point due;
        std::uint64_t order; // equal deadlines fire in order of registration
        std::size_t ticket;

        bool before(slot const& other) const noexcept {
            return due != other.due ? due < other.due : order < other.order;
        }
    };
    // Of a slot: its node, or null once that is removed. Others: a list.
    union ticket {
        ticket() noexcept : next_free(0) {}
        timer_node* node;
        std::size_t next_free;
    };

    bool due(time_point now) const noexcept {
        return !heap_.empty() && heap_.front().due <= now;
    }
    timer_node* node_of(slot const& s) const noexcept {
        return tickets_[s.ticket].node;
    }
    void call(slot const& s) noexcept {
        timer_node* const node = node_of(s);
        give_back(s.ticket);
        if (!node)
            return;
        node->ticket_ = timer_node::unarmed;
        --size_;
        node->expired_(*node);
    }

    std::size_t ties() const noexcept {
        std::size_t n = 0;
        for (slot const& s : heap_)
            n += s.due == heap_.front().due && node_of(s) ? 1 : 0;
        return n;
    }
    timer_node& tied(std::size_t rank) const noexcept {
        slot const* at = &heap_.front();
        for (; rank != 0; --rank) {
            slot const* next = nullptr;
            for (slot const& s : heap_)
                if (node_of(s) && at->before(s) && (!next || s.before(*next)))
                    next = &s;
            at = next;
        }
        return *node_of(*at);
    }

    void make_room() {
        grow(heap_, reserved_ + 1);
        grow(tickets_, reserved_ + 1 + lookahead);
    }
    template<class V>
    void grow(V& v, std::size_t more) const {
        std::size_t const needed = heap_.size() + more;
        if (needed > v.capacity())
            v.reserve((std::max)(needed, 2 * v.capacity()));
    }

    // The list of free tickets ends with the one that does not exist yet.
    std::size_t take_ticket(timer_node& node) noexcept {
        std::size_t const taken = free_;
        if (taken == tickets_.size()) {
            tickets_.emplace_back();
            ++free_;
        } else {
            free_ = tickets_[taken].next_free;
        }
        tickets_[taken].node = &node;
        return taken;
    }
    void give_back(std::size_t taken) noexcept {
        tickets_[taken].next_free = std::exchange(free_, taken);
    }

    // Afterwards the first slot is again that of a timer.
    void pop() noexcept {
        pop_slot();
        clean_top();
    }
    void clean_top() noexcept {
        while (!heap_.empty() && !node_of(heap_.front())) {
            give_back(heap_.front().ticket);
            pop_slot();
        }
    }
    void pop_slot() noexcept {
        slot const last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty())
            sift_down(0, last);
    }
    void sweep() noexcept {
        auto kept = heap_.begin();
        for (slot const& s : heap_) {
            if (node_of(s))
                *kept++ = s;
            else
                give_back(s.ticket);
        }
        heap_.erase(kept, heap_.end());
        for (std::size_t i = (heap_.size() + arity - 2) / arity; i-- != 0;)
            sift_down(i, heap_[i]);
    }

    static std::size_t parent(std::size_t at) noexcept {
        return (at - 1) / arity;
    }
    // Both move a hole until `s`, given by value, fits into it.
    void sift_up(std::size_t hole, slot s) noexcept {
        while (hole != 0 && s.before(heap_[parent(hole)])) {
            heap_[hole] = heap_[parent(hole)];
            hole = parent(hole);
        }
        heap_[hole] = s;
    }
    void sift_down(std::size_t hole, slot s) noexcept {
        for (;;) {
            std::size_t const first = arity * hole + 1;
            if (first >= heap_.size())
                break;
            std::size_t const end = (std::min)(first + arity, heap_.size());
            std::size_t least = first;
            for (std::size_t i = first + 1; i < end; ++i)
                if (heap_[i].before(heap_[least]))
                    least = i;
            if (!heap_[least].before(s))
                break;
            heap_[hole] = heap_[least];
            hole = least;
        }
        heap_[hole] = s;
    }

    std::vector<slot> heap_;
    std::vector<ticket> tickets_;
    std::size_t size_ = 0;
    std::size_t free_ = 0; // the first of the list
    std::uint64_t next_order_ = 0;
    std::size_t reserved_ = 0;
};

// Deadlines near the end of time saturate instead of wrapping.
template<class Rep, class Period>
time_point saturated_add(time_point now,
                         std::chrono::duration<Rep, Period> d) noexcept {
    if constexpr (std::is_integral_v<Rep> &&
                  std::ratio_greater_equal_v<Period, duration::period>) {
        using coarse = std::chrono::duration<std::int64_t, Period>;
        if (coarse(d) >=
            std::chrono::duration_cast<coarse>((time_point::max)() - now))
            return (time_point::max)();
    } else {
        using seconds = std::chrono::duration<long double>;
        if (seconds(d) >= seconds((time_point::max)() - now))
            return (time_point::max)();
    }
    return now + std::chrono::ceil<duration>(d);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
