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
// Whoever uses it says how many pushes and pops need no look at anything else.
// These are a comparison of two pointers, and every other function ends that.
// An empty buffer has none.
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

    bool empty() const noexcept { return out_ == in_; }
    std::size_t size() const noexcept { return pushed() - popped(); }
    T& front() noexcept { return *std::launder(out_); }
    // All that were ever pushed, but for those that came back.
    std::size_t pushed() const noexcept {
        return tail_ ? pushed_before_ +
                           static_cast<std::size_t>(in_ - tail_->first())
                     : 0;
    }

    bool push_is_open() const noexcept { return in_ != in_opened_; }
    void push_opened(T& item) {
        T* const at = in_;
        ::new (static_cast<void*>(at)) T(std::move(item));
        in_ = at + 1;
    }
    bool pop_is_open() const noexcept { return out_ != out_opened_; }
    // `take` moves the item out.
    template<class F>
    void pop_opened(F&& take) {
        T* const at = out_;
        take(std::move(*std::launder(at)));
        std::launder(at)->~T();
        out_ = at + 1;
    }
    // Up to `n` pushes, as far as there is memory.
    void open_pushes(std::size_t n) noexcept {
        auto const left = static_cast<std::size_t>(in_end_ - in_);
        in_opened_ = in_ + (n < left ? n : left);
    }
    void close_pushes() noexcept { in_opened_ = in_; }
    // As many pops as there are items, but for the last of a block.
    void open_pops() noexcept {
        if (out_ != in_)
            out_opened_ = head_ == tail_ ? in_ - 1 : head_->last();
    }
    void close_pops() noexcept { out_opened_ = out_; }

    template<class U>
    void push(U&& item) {
        if (in_ == in_end_) [[unlikely]]
            return push_behind(std::forward<U>(item));
        ::new (static_cast<void*>(in_)) T(std::forward<U>(item));
        ++in_;
        close_pushes();
    }
    // Takes back the push that was just made.
    void unpush() noexcept {
        --in_;
        std::launder(in_)->~T();
        close_pushes();
        close_pops();
    }
    // Of an item that was here before, so it is not counted again.
    void push_front(T&& item) {
        if (empty()) {
            push(std::move(item));
            --pushed_before_;
            --popped_before_;
            return;
        }
        if (out_ == head_->first()) {
            push_before(std::move(item));
        } else {
            ::new (static_cast<void*>(out_ - 1)) T(std::move(item));
            --out_;
        }
        close_pushes();
        close_pops();
    }
    void pop() noexcept {
        front().~T();
        ++out_;
        if (out_ == in_ && head_ == tail_)
            begin_again();
        else if (out_ == head_->end()) [[unlikely]]
            next_block();
        close_pops();
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
        T* first() noexcept { return reinterpret_cast<T*>(storage); }
        T* last() noexcept { return first() + (per_block - 1); }
        T* end() noexcept { return first() + per_block; }
    };

    std::size_t popped() const noexcept {
        return head_ ? popped_before_ +
                           static_cast<std::size_t>(out_ - head_->first())
                     : 0;
    }
    // The same memory.
    void begin_again() noexcept {
        pushed_before_ = popped_before_ = pushed();
        in_ = out_ = tail_->first();
        close_pushes();
    }
    [[gnu::noinline]] void next_block() noexcept {
        popped_before_ += per_block;
        recycle(std::exchange(head_, head_->next));
        out_ = head_->first();
    }
    block* make_block() {
        if (!spare_)
            return new block;
        --spares_;
        block* const b = std::exchange(spare_, spare_->next);
        b->next = nullptr;
        return b;
    }
    void push_before(T&& item) {
        block* const b = make_block();
        try {
            ::new (static_cast<void*>(b->last())) T(std::move(item));
        } catch (...) {
            recycle(b);
            throw;
        }
        b->next = std::exchange(head_, b);
        popped_before_ -= per_block;
        out_ = b->last();
    }
    // The move of the item may still throw: an empty last block does no harm.
    template<class U>
    [[gnu::noinline]] void push_behind(U&& item) {
        add_block();
        push(std::forward<U>(item));
    }
    void add_block() {
        block* const b = make_block();
        if (tail_) {
            tail_->next = b;
            pushed_before_ += per_block;
        } else {
            head_ = b;
            out_ = b->first();
            close_pops();
        }
        tail_ = b;
        in_ = b->first();
        in_end_ = b->end();
        close_pushes();
    }
    void recycle(block* b) noexcept {
        if (spares_ >= spare_limit_) {
            delete b;
            return;
        }
        b->next = std::exchange(spare_, b);
        ++spares_;
    }

    block* head_ = nullptr;
    T* out_ = nullptr;        // the front
    T* out_opened_ = nullptr; // pops before it need no look
    block* tail_ = nullptr;
    T* in_ = nullptr;               // the place of the next one
    T* in_opened_ = nullptr;        // pushes before it need no look
    T* in_end_ = nullptr;           // of the tail
    std::size_t pushed_before_ = 0; // the first place of the tail
    std::size_t popped_before_ = 0; // the first place of the head
    block* spare_ = nullptr;
    std::size_t spares_ = 0;
    std::size_t spare_limit_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
