// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does fault_sweep() reach the allocations of ordinary code? Include this
/// in exactly one file of a test program: it replaces `operator new`.
#ifndef TETHER_TESTING_REPLACE_NEW_HPP
#define TETHER_TESTING_REPLACE_NEW_HPP

#include <tether/runtime/test_hooks.hpp>
#include <tether/testing/throwing.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

// The forms that are left derive from these; that for nothrow is here because
// AddressSanitizer has its own. Not inline: the standard forbids it; and never
// inlined, or g++ takes the free() of what `new` gave for an error.

[[gnu::noinline]] void* operator new(std::size_t size) {
    tether::testing::detail::may_fail(tether::detail::fault::heap, size);
    if (void* const block = std::malloc(size != 0 ? size : 1))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size,
                                     std::align_val_t alignment) {
    tether::testing::detail::may_fail(tether::detail::fault::heap, size);
    auto const a = static_cast<std::size_t>(alignment);
    if (void* const block = std::aligned_alloc(a, (size + a - 1) / a * a))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size,
                                     std::nothrow_t const&) noexcept {
    try {
        return ::operator new(size);
    } catch (...) {
        return nullptr;
    }
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t,
                                       std::align_val_t) noexcept {
    std::free(block);
}

#endif
