// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does the memory of coroutine frames and task records come from?
/// Per-thread free lists by size class over aligned slabs.
#ifndef TETHER_RUNTIME_FRAME_POOL_HPP
#define TETHER_RUNTIME_FRAME_POOL_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/prefetch.hpp>
#include <tether/runtime/test_hooks.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A block goes back to the pool that made it. The owner's frees touch no
// atomic; a free from another thread is pushed on the owner's list and taken
// from there when the owner runs dry. A pool whose thread ended dies with its
// last block. Under a sanitizer every block is its own allocation, so that
// lifetimes stay visible.
class frame_pool {
public:
    static void* allocate(std::size_t size);
    static void deallocate(void* block, std::size_t size) noexcept;

    // Blocks allocated by this thread minus those freed; a thread whose tasks
    // all ended reads what it read before. For leak checks in tests.
    static std::ptrdiff_t live() noexcept {
        frame_pool* const pool = current_ ? current_ : hooked_;
        if (!pool)
            return live_;
        pool->collect_foreign();
        return live_ + pool->owned_;
    }

    // Whether such a block is an allocation of its own.
    static constexpr bool alone(std::size_t size) noexcept {
        return TETHER_SANITIZED || size > max_size;
    }

    // Has `hooks` asked before each block of this thread; null ends it.
    static void ask(test_hooks* hooks);

    frame_pool(frame_pool const&) = delete;
    frame_pool& operator=(frame_pool const&) = delete;

private:
    // A size that is no multiple of 16 belongs to nothing that is aligned
    // to 16.
    static constexpr std::size_t granularity = 8;
    static constexpr std::size_t classes = 128;
    static constexpr std::size_t max_size = granularity * classes;
    static constexpr std::size_t slab_size = 64 * 1024;
    static constexpr std::size_t max_chunk = 64; // slabs

    struct free_block {
        free_block* next;
    };
    struct alignas(64) slab {
        frame_pool* owner;
    };
    // Slabs come in growing runs: each aligned allocation wastes up to a slab.
    struct chunk {
        void* memory;
        chunk* next;
    };
    struct size_class {
        free_block* free = nullptr;
        std::byte* fresh = nullptr;
        std::byte* end = nullptr;
    };
    struct thread_exit {
        ~thread_exit() {
            if (frame_pool* pool = current_) {
                current_ = nullptr;
                pool->orphan();
            }
        }
        void touch() noexcept {}
    };

    // The smallest block has room for a foreign_tag.
    static constexpr std::size_t index_of(std::size_t size) noexcept {
        return (size <= 2 * granularity ? 2 * granularity - 1 : size - 1) /
               granularity;
    }
    static slab* slab_of(void* block) noexcept {
        return reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(block) &
                                       ~(std::uintptr_t{slab_size} - 1));
    }
    // Marks the foreign list of a pool whose thread has ended.
    static free_block* orphaned() noexcept {
        return reinterpret_cast<free_block*>(std::uintptr_t{1});
    }

    frame_pool() = default;
    ~frame_pool() {
        while (chunk* c = chunks_) {
            chunks_ = c->next;
            ::operator delete(c->memory, std::align_val_t{slab_size});
            delete c;
        }
    }

    static frame_pool& create();
    // Neither is on the way of a block that is there, and inlined they cost
    // that way its registers.
    [[gnu::noinline]] static frame_pool& without_current(std::size_t size) {
        if (!hooked_)
            return create();
        hooks_->may_throw(fault::frame, size);
        return *hooked_;
    }
    [[gnu::noinline]] static void* allocate_alone(std::size_t size) {
        if (hooks_)
            hooks_->may_throw(fault::frame, size);
        void* block = ::operator new(size);
        ++live_;
        return block;
    }
    void* take_slow(std::size_t index);
    void* next_slab();
    std::size_t next_colour() noexcept;
    void collect_foreign() noexcept;
    void give_back_foreign(free_block* block, std::size_t index) noexcept;
    void orphan() noexcept;

    size_class class_[classes];
    chunk* chunks_ = nullptr;
    std::byte* spare_ = nullptr; // slabs of the last chunk not yet in use
    std::size_t spare_slabs_ = 0;
    std::size_t next_chunk_ = 1;
    std::size_t colours_ = 0;
    std::ptrdiff_t owned_ = 0;
    std::atomic<free_block*> foreign_{nullptr};
    std::atomic<std::ptrdiff_t> left_{0};

    // While a test asks for each block, current_ is null and hooked_ is the
    // pool, so that only the way that makes the first pool looks for hooks.
    static inline constinit thread_local frame_pool* current_ = nullptr;
    static inline constinit thread_local frame_pool* hooked_ = nullptr;
    static inline constinit thread_local test_hooks* hooks_ = nullptr;
    // Blocks that come straight from operator new.
    static inline constinit thread_local std::ptrdiff_t live_ = 0;
};

inline frame_pool& frame_pool::create() {
    static thread_local thread_exit at_exit;
    at_exit.touch();
    current_ = new frame_pool;
    return *current_;
}

inline void frame_pool::ask(test_hooks* hooks) {
    if (hooks && !hooked_) {
        hooked_ = current_ ? current_ : &create();
        current_ = nullptr;
    } else if (!hooks && hooked_) {
        hooked_->collect_foreign();
        current_ = hooked_;
        hooked_ = nullptr;
    }
    hooks_ = hooks;
}

inline void* frame_pool::allocate(std::size_t size) {
    if (alone(size))
        return allocate_alone(size);
    frame_pool& pool = current_ ? *current_ : without_current(size);
    std::size_t const index = index_of(size);
    size_class& c = pool.class_[index];
    void* block;
    if (c.free) {
        block = c.free;
        c.free = c.free->next;
        prefetch(c.free); // for the next one, which may lie anywhere
    } else {
        block = pool.take_slow(index);
    }
    ++pool.owned_;
    return block;
}

inline void frame_pool::deallocate(void* block, std::size_t size) noexcept {
    if (alone(size)) {
        --live_;
        ::operator delete(block);
        return;
    }
    frame_pool* owner = slab_of(block)->owner;
    auto* item = ::new (block) free_block;
    std::size_t const index = index_of(size);
    if (owner == current_) {
        item->next = owner->class_[index].free;
        owner->class_[index].free = item;
        --owner->owned_;
    } else {
        owner->give_back_foreign(item, index);
    }
}

inline void* frame_pool::take_slow(std::size_t index) {
    std::size_t const size = (index + 1) * granularity;
    size_class& c = class_[index];
    collect_foreign();
    if (c.free) {
        free_block* block = c.free;
        c.free = block->next;
        return block;
    }
    if (static_cast<std::size_t>(c.end - c.fresh) < size) {
        void* memory = next_slab();
        c.fresh = static_cast<std::byte*>(memory) + sizeof(slab);
        if (!c.end)
            c.fresh += next_colour();
        c.end = static_cast<std::byte*>(memory) + slab_size;
    }
    void* block = c.fresh;
    c.fresh += size;
    return block;
}

inline void* frame_pool::next_slab() {
    if (spare_slabs_ == 0) {
        auto made = std::make_unique<chunk>();
        made->memory = ::operator new(next_chunk_ * slab_size,
                                      std::align_val_t{slab_size});
        made->next = chunks_;
        chunks_ = made.release();
        spare_ = static_cast<std::byte*>(chunks_->memory);
        spare_slabs_ = next_chunk_;
        next_chunk_ = (std::min)(2 * next_chunk_, max_chunk);
    }
    void* memory = spare_;
    spare_ += slab_size;
    --spare_slabs_;
    ::new (memory) slab{this};
    return memory;
}

// Slabs begin at the same place of a page, and so would the first blocks of all
// classes, which are those of a program with few tasks. A processor takes a
// load for one of what was just stored at that place of another page, and
// begins again. (Bonwick, The Slab Allocator, 1994: colouring.)
inline std::size_t frame_pool::next_colour() noexcept {
    constexpr std::size_t line = 64;
    constexpr std::size_t colours = 32; // half a page
    // Far from the last one: blocks are longer than a line.
    return colours_++ * 5 % colours * line;
}

// The blocks of the foreign list carry their size class in the second word.
struct foreign_tag {
    void* next;
    std::size_t index;
};

inline void frame_pool::give_back_foreign(free_block* block,
                                          std::size_t index) noexcept {
    auto* tagged =
        ::new (static_cast<void*>(block)) foreign_tag{nullptr, index};
    free_block* head = foreign_.load(std::memory_order_acquire);
    do {
        if (head == orphaned()) {
            if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1)
                delete this;
            return;
        }
        tagged->next = head;
    } while (!foreign_.compare_exchange_weak(
        head, reinterpret_cast<free_block*>(tagged), std::memory_order_release,
        std::memory_order_acquire));
}

inline void frame_pool::collect_foreign() noexcept {
    if (!foreign_.load(std::memory_order_relaxed))
        return;
    void* at = foreign_.exchange(nullptr, std::memory_order_acquire);
    while (at) {
        auto* tagged = static_cast<foreign_tag*>(at);
        void* next = tagged->next;
        size_class& c = class_[tagged->index];
        c.free = ::new (at) free_block{c.free};
        --owned_;
        at = next;
    }
}

inline void frame_pool::orphan() noexcept {
    collect_foreign();
    // What is still out is counted before the mark is visible; blocks pushed
    // in between are on the exchanged list and are taken off again.
    left_.store(owned_ + 1, std::memory_order_release);
    void* at = foreign_.exchange(orphaned(), std::memory_order_acq_rel);
    std::ptrdiff_t settled = 1;
    while (at) {
        ++settled;
        at = static_cast<foreign_tag*>(at)->next;
    }
    if (left_.fetch_sub(settled, std::memory_order_acq_rel) == settled)
        delete this;
}

// For small objects of the library that are counted or kept in containers.
template<class T>
struct pool_allocator {
    using value_type = T;

    pool_allocator() noexcept = default;
    template<class U>
    pool_allocator(pool_allocator<U> const&) noexcept {}

    T* allocate(std::size_t n) {
        if constexpr (alignof(T) > alignof(std::max_align_t))
            return std::allocator<T>().allocate(n);
        else
            return static_cast<T*>(frame_pool::allocate(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t n) noexcept {
        if constexpr (alignof(T) > alignof(std::max_align_t))
            std::allocator<T>().deallocate(block, n);
        else
            frame_pool::deallocate(block, n * sizeof(T));
    }

    template<class U>
    bool operator==(pool_allocator<U> const&) const noexcept {
        return true;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
