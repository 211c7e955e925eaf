// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which sleep or deadline is due next? An intrusive pairing heap: no
/// allocation, so that arming a timer cannot fail. Plain code without Asio.
#ifndef TETHER_RUNTIME_TIMER_QUEUE_HPP
#define TETHER_RUNTIME_TIMER_QUEUE_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <type_traits>

TETHER_BEGIN_NAMESPACE
namespace detail {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

class timer_queue;

// A node of the heap; its owner embeds it and must take it out before it dies.
class timer_node {
public:
    using callback = void (*)(timer_node&) noexcept;

    explicit timer_node(callback expired) noexcept : expired_(expired) {}
    timer_node(timer_node const&) = delete;
    timer_node& operator=(timer_node const&) = delete;

    bool armed() const noexcept { return armed_; }
    time_point due() const noexcept { return due_; }

private:
    friend class timer_queue;

    bool before(timer_node const& other) const noexcept {
        return due_ != other.due_ ? due_ < other.due_ : order_ < other.order_;
    }

    callback expired_;
    time_point due_{};
    std::uint64_t order_ = 0; // equal deadlines fire in order of registration
    timer_node* child_ = nullptr;
    timer_node* next_ = nullptr;
    timer_node* prev_ = nullptr; // left sibling, or parent of a first child
    bool armed_ = false;
};

class timer_queue {
public:
    timer_queue() = default;
    timer_queue(timer_queue const&) = delete;
    timer_queue& operator=(timer_queue const&) = delete;

    bool empty() const noexcept { return !root_; }
    std::size_t size() const noexcept { return size_; }
    time_point earliest() const noexcept { return root_->due_; }

    void insert(timer_node& node, time_point due) noexcept {
        node.due_ = due;
        node.order_ = next_order_++;
        node.child_ = node.next_ = node.prev_ = nullptr;
        node.armed_ = true;
        root_ = root_ ? meld(root_, &node) : &node;
        ++size_;
    }

    void remove(timer_node& node) noexcept {
        if (!node.armed_)
            return;
        node.armed_ = false;
        --size_;
        if (&node == root_) {
            root_ = merge_siblings(node.child_);
        } else {
            if (node.prev_->child_ == &node)
                node.prev_->child_ = node.next_;
            else
                node.prev_->next_ = node.next_;
            if (node.next_)
                node.next_->prev_ = node.prev_;
            if (timer_node* rest = merge_siblings(node.child_))
                root_ = meld(root_, rest);
        }
        node.child_ = node.next_ = node.prev_ = nullptr;
    }

    // Takes out everything due at `now` and calls it, earliest first.
    void expire(time_point now) noexcept {
        while (root_ && root_->due_ <= now) {
            timer_node& node = *root_;
            remove(node);
            node.expired_(node);
        }
    }

private:
    static timer_node* meld(timer_node* a, timer_node* b) noexcept {
        if (b->before(*a)) {
            timer_node* t = a;
            a = b;
            b = t;
        }
        b->prev_ = a;
        b->next_ = a->child_;
        if (a->child_)
            a->child_->prev_ = b;
        a->child_ = b;
        a->next_ = a->prev_ = nullptr;
        return a;
    }

    // The two passes of the pairing heap, iterative: pairs from left to right
    // onto a stack threaded through prev_, then melded from the right.
    static timer_node* merge_siblings(timer_node* first) noexcept {
        timer_node* pairs = nullptr;
        while (first) {
            timer_node* a = first;
            timer_node* b = a->next_;
            first = b ? b->next_ : nullptr;
            a->next_ = a->prev_ = nullptr;
            if (b) {
                b->next_ = b->prev_ = nullptr;
                a = meld(a, b);
            }
            a->prev_ = pairs;
            pairs = a;
        }
        timer_node* root = nullptr;
        while (pairs) {
            timer_node* a = pairs;
            pairs = a->prev_;
            a->prev_ = nullptr;
            root = root ? meld(root, a) : a;
        }
        return root;
    }

    timer_node* root_ = nullptr;
    std::uint64_t next_order_ = 0;
    std::size_t size_ = 0;
};

// Deadlines near the end of time saturate instead of wrapping.
template<class Rep, class Period>
time_point saturated_add(time_point now,
                         std::chrono::duration<Rep, Period> d) noexcept {
    if constexpr (std::is_integral_v<Rep> &&
                  std::ratio_greater_equal_v<Period, duration::period>) {
        using coarse = std::chrono::duration<std::int64_t, Period>;
        if (coarse(d) >=
            std::chrono::duration_cast<coarse>(time_point::max() - now))
            return time_point::max();
    } else {
        using seconds = std::chrono::duration<long double>;
        if (seconds(d) >= seconds(time_point::max() - now))
            return time_point::max();
    }
    return now + std::chrono::ceil<duration>(d);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
