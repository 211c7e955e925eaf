// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does Asio put the state of an operation of ours? Into a buffer inside
/// the awaiter or the loop, or into the frame pool when that is taken.
#ifndef TETHER_RUNTIME_HANDLER_MEMORY_HPP
#define TETHER_RUNTIME_HANDLER_MEMORY_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame_pool.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// One buffer for one operation at a time. A composed operation frees the
// memory of a step before it allocates the next one, so one is enough.
template<std::size_t Size>
class handler_memory {
public:
    handler_memory() noexcept = default;
    handler_memory(handler_memory const&) = delete;
    handler_memory& operator=(handler_memory const&) = delete;

    void* allocate(std::size_t size) {
        if (!used_ && size <= Size) {
            used_ = true;
            return buffer_;
        }
        return frame_pool::allocate(size);
    }
    void deallocate(void* block, std::size_t size) noexcept {
        if (block == buffer_)
            used_ = false;
        else
            frame_pool::deallocate(block, size);
    }

    bool in_use() const noexcept { return used_; }

private:
    alignas(std::max_align_t) std::byte buffer_[Size];
    bool used_ = false;
};

// The associated allocator of our handlers.
template<class T, class Memory>
class handler_allocator {
public:
    using value_type = T;
    template<class U>
    struct rebind {
        using other = handler_allocator<U, Memory>;
    };

    explicit handler_allocator(Memory& memory) noexcept : memory_(&memory) {}
    template<class U>
    handler_allocator(handler_allocator<U, Memory> const& other) noexcept
        : memory_(other.memory_) {}

    T* allocate(std::size_t n) {
        static_assert(alignof(T) <= alignof(std::max_align_t),
                      "handlers with over-aligned state are not supported");
        return static_cast<T*>(memory_->allocate(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t n) noexcept {
        memory_->deallocate(block, n * sizeof(T));
    }

    template<class U>
    bool operator==(handler_allocator<U, Memory> const& other) const noexcept {
        return memory_ == other.memory_;
    }

private:
    template<class, class>
    friend class handler_allocator;

    Memory* memory_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
