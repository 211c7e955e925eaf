// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "unit/sync/sync_test.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
// Other tests of the program have threads.
std::atomic<std::size_t> count{0};
} // namespace

std::size_t tether_test::allocations() noexcept {
    return count.load(std::memory_order_relaxed);
}

// Never inlined, or g++ takes the free() of what `new` gave for an error.
[[gnu::noinline]] void* operator new(std::size_t size) {
    count.fetch_add(1, std::memory_order_relaxed);
    if (void* const block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size,
                                     std::nothrow_t const&) noexcept {
    count.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(size ? size : 1);
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
