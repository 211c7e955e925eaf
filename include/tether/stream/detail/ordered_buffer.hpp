// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// In which other orders than that of arrival may items leave a queue? The last
/// first, or the greatest first.
#ifndef TETHER_STREAM_DETAIL_ORDERED_BUFFER_HPP
#define TETHER_STREAM_DETAIL_ORDERED_BUFFER_HPP

#include <tether/detail/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
inline constexpr bool reorderable = std::is_nothrow_move_constructible_v<T> &&
                                    std::is_nothrow_move_assignable_v<T>;

template<class T>
class lifo_buffer {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "items that leave in another order than they came are moved "
                  "while they wait: their move constructor must be noexcept");

public:
    explicit lifo_buffer(std::size_t) noexcept {}

    bool empty() const noexcept { return items_.empty(); }
    std::size_t size() const noexcept { return items_.size(); }
    T& front() noexcept { return items_.back(); }
    void push(T&& item) { items_.push_back(std::move(item)); }
    void push_front(T&& item) { push(std::move(item)); }
    void pop() noexcept { items_.pop_back(); }

private:
    std::vector<T> items_;
};

// A heap; equal items leave in the order in which they came, which comparing
// the items alone would not give.
template<class T, class Compare>
class priority_buffer {
    static_assert(reorderable<T>,
                  "items that leave by priority are moved while they wait: "
                  "their moves must be noexcept");

public:
    explicit priority_buffer(std::size_t, Compare compare = Compare())
        : compare_(std::move(compare)) {}

    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }
    T& front() noexcept { return heap_.front().item; }
    void push(T&& item) {
        place(std::move(item), next_);
        ++next_;
    }
    // Came before all that are still there.
    void push_front(T&& item) {
        place(std::move(item), first_ - 1);
        --first_;
    }
    void pop() noexcept {
        std::pop_heap(heap_.begin(), heap_.end(), later());
        heap_.pop_back();
    }

private:
    struct entry {
        T item;
        std::int64_t order;
    };

    auto later() noexcept {
        return [this](entry const& a, entry const& b) {
            if (compare_(a.item, b.item))
                return true;
            return !compare_(b.item, a.item) && b.order < a.order;
        };
    }
    void place(T&& item, std::int64_t order) {
        // The room first: nothing may throw once the item has moved.
        if (heap_.size() == heap_.capacity())
            heap_.reserve((std::max)(std::size_t{8}, 2 * heap_.size()));
        heap_.push_back(entry{std::move(item), order});
        std::push_heap(heap_.begin(), heap_.end(), later());
    }

    std::vector<entry> heap_;
    std::int64_t next_ = 0;
    std::int64_t first_ = 0;
    [[no_unique_address]] Compare compare_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
