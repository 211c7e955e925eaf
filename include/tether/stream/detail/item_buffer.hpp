// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do the items of a channel wait? In blocks that are used again, so that
/// no item is moved while it waits and a steady flow allocates nothing.
#ifndef TETHER_STREAM_DETAIL_ITEM_BUFFER_HPP
#define TETHER_STREAM_DETAIL_ITEM_BUFFER_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <new>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A queue that gives the strong guarantee for items whose move throws, which a
// ring that grows could not.
template<class T>
class item_buffer {
public:
    // Blocks beyond what `capacity` needs are given back as soon as they are
    // empty, so that a burst does not hold its memory for ever.
    explicit item_buffer(std::size_t capacity) noexcept
        : spare_limit_(capacity == static_cast<std::size_t>(-1)
                           ? 1
                           : capacity / per_block + 1) {}
    item_buffer(item_buffer const&) = delete;
    item_buffer& operator=(item_buffer const&) = delete;
    ~item_buffer() {
        while (!empty())
            pop();
        delete head_; // the last one stays when it runs empty
        while (spare_)
            delete std::exchange(spare_, spare_->next);
    }

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    T& front() noexcept { return *head_->at(first_); }

    template<class U>
    void push(U&& item) {
        if (end_ == per_block) [[unlikely]]
            return push_behind(std::forward<U>(item));
        ::new (tail_->raw(end_)) T(std::forward<U>(item));
        ++end_;
        ++size_;
    }
    // Takes back the push that was just made.
    void unpush() noexcept {
        --end_;
        --size_;
        tail_->at(end_)->~T();
    }
    void push_front(T&& item) {
        if (empty())
            return push(std::move(item));
        if (first_ == 0) {
            block* const b = make_block();
            b->next = head_;
            head_ = b;
            first_ = per_block;
        }
        ::new (head_->raw(first_ - 1)) T(std::move(item));
        --first_;
        ++size_;
    }
    void pop() noexcept {
        front().~T();
        ++first_;
        if (--size_ == 0 && head_ == tail_) {
            first_ = end_ = 0; // the same memory again
        } else if (first_ == per_block) [[unlikely]] {
            first_ = 0;
            recycle(std::exchange(head_, head_->next));
        }
    }

private:
    static constexpr std::size_t fitting = 512 / sizeof(T);
    static constexpr std::size_t per_block = fitting < 4    ? 4
                                             : fitting > 64 ? 64
                                                            : fitting;
    struct block {
        block* next = nullptr;
        alignas(T) std::byte storage[per_block * sizeof(T)];

        block() noexcept {} // NOLINT(modernize-use-equals-default)
        void* raw(std::size_t i) noexcept { return storage + i * sizeof(T); }
        T* at(std::size_t i) noexcept {
            return std::launder(static_cast<T*>(raw(i)));
        }
    };

    block* make_block() {
        if (!spare_)
            return new block;
        --spares_;
        block* const b = std::exchange(spare_, spare_->next);
        b->next = nullptr;
        return b;
    }
    // The move of the item may still throw: an empty last block does no harm.
    template<class U>
    [[gnu::noinline]] void push_behind(U&& item) {
        add_block();
        push(std::forward<U>(item));
    }
    void add_block() {
        block* const b = make_block();
        if (tail_)
            tail_->next = b;
        else
            head_ = b;
        tail_ = b;
        end_ = 0;
    }
    [[gnu::noinline]] void recycle(block* b) noexcept {
        if (spares_ >= spare_limit_) {
            delete b;
            return;
        }
        b->next = std::exchange(spare_, b);
        ++spares_;
    }

    // A push writes end_ and size_. Side by side g++ would update them as one
    // vector, which waits for both stores of the pop before.
    block* head_ = nullptr;
    std::size_t first_ = 0; // of the head
    std::size_t size_ = 0;
    block* tail_ = nullptr;
    std::size_t end_ = per_block; // of the tail, full if there is none
    block* spare_ = nullptr;
    std::size_t spares_ = 0;
    std::size_t spare_limit_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
