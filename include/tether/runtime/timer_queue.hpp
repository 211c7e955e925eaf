// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which sleep or deadline is due next? A four-ary heap with the keys in its
/// slots: comparing touches no task. Plain code without Asio.
#ifndef TETHER_RUNTIME_TIMER_QUEUE_HPP
#define TETHER_RUNTIME_TIMER_QUEUE_HPP

#include <tether/detail/config.hpp>

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

    bool armed() const noexcept { return index_ != unarmed; }
    time_point due() const noexcept { return due_; }

private:
    friend class timer_queue;
    static constexpr std::size_t unarmed = static_cast<std::size_t>(-1);

    callback expired_;
    time_point due_{};
    std::size_t index_ = unarmed;
};

// Measured against an intrusive pairing heap: with 10^5 timers the heap's slots
// stay in the cache, the nodes of the tasks do not. The vector grows by
// doubling, so a wait allocates nothing once the loop has seen its peak.
class timer_queue {
public:
    timer_queue() = default;
    timer_queue(timer_queue const&) = delete;
    timer_queue& operator=(timer_queue const&) = delete;

    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }
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
        heap_.push_back({due, next_order_, &node});
        ++next_order_;
        node.due_ = due;
        sift_up(heap_.size() - 1, heap_.back());
    }

    void remove(timer_node& node) noexcept {
        if (!node.armed())
            return;
        std::size_t const hole =
            std::exchange(node.index_, timer_node::unarmed);
        slot const last = heap_.back();
        heap_.pop_back();
        if (hole == heap_.size())
            return;
        if (hole != 0 && last.before(heap_[parent(hole)]))
            sift_up(hole, last);
        else
            sift_down(hole, last);
    }

    // Takes out everything due at `now` and calls it, earliest first.
    void expire(time_point now) noexcept {
        while (!heap_.empty() && heap_.front().due <= now) {
            timer_node& node = *heap_.front().node;
            remove(node);
            node.expired_(node);
        }
    }

    // The same for tests: of `n` timers due at one instant, at most `window`,
    // `choose(n)` goes first, counted from 0 in order of registration.
    template<class Choose>
    void expire(time_point now, std::size_t window, Choose&& choose) noexcept {
        while (!heap_.empty() && heap_.front().due <= now) {
            timer_node& node =
                tied(window > 1 ? choose((std::min)(window, ties())) : 0);
            remove(node);
            node.expired_(node);
        }
    }

private:
    static constexpr std::size_t arity = 4;

    struct slot {
        time_point due;
        std::uint64_t order; // equal deadlines fire in order of registration
        timer_node* node;

        bool before(slot const& other) const noexcept {
            return due != other.due ? due < other.due : order < other.order;
        }
    };

    std::size_t ties() const noexcept {
        std::size_t n = 0;
        for (slot const& s : heap_)
            n += s.due == heap_.front().due ? 1 : 0;
        return n;
    }
    timer_node& tied(std::size_t rank) const noexcept {
        slot const* at = &heap_.front();
        for (; rank != 0; --rank) {
            slot const* next = nullptr;
            for (slot const& s : heap_)
                if (at->before(s) && (!next || s.before(*next)))
                    next = &s;
            at = next;
        }
        return *at->node;
    }

    void make_room() {
        std::size_t const needed = heap_.size() + reserved_ + 1;
        if (needed > heap_.capacity())
            heap_.reserve(std::max<std::size_t>(needed, 2 * heap_.capacity()));
    }
    static std::size_t parent(std::size_t at) noexcept {
        return (at - 1) / arity;
    }
    void put(std::size_t at, slot const& s) noexcept {
        heap_[at] = s;
        s.node->index_ = at;
    }
    // Both move a hole until `s`, given by value, fits into it.
    void sift_up(std::size_t hole, slot s) noexcept {
        while (hole != 0 && s.before(heap_[parent(hole)])) {
            put(hole, heap_[parent(hole)]);
            hole = parent(hole);
        }
        put(hole, s);
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
            put(hole, heap_[least]);
            hole = least;
        }
        put(hole, s);
    }

    std::vector<slot> heap_;
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
