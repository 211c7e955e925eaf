// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// Counts what goes through operator new, so that bytes per task can be told.

#include "bench.hpp"

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

void* counted(void* block) {
    if (!block)
        throw std::bad_alloc();
    live_bytes += malloc_usable_size(block);
    if (live_bytes > peak_bytes)
        peak_bytes = live_bytes;
    return block;
}

void release(void* block) noexcept {
    if (block)
        live_bytes -= malloc_usable_size(block);
    std::free(block);
}

} // namespace

void* operator new(std::size_t size) {
    return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t align) {
    return counted(std::aligned_alloc(static_cast<std::size_t>(align), size));
}
void operator delete(void* block) noexcept {
    release(block);
}
void operator delete(void* block, std::size_t) noexcept {
    release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
    release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    release(block);
}

namespace bench {

std::size_t memory::live() noexcept {
    return live_bytes;
}
std::size_t memory::peak() noexcept {
    return peak_bytes;
}
void memory::reset_peak() noexcept {
    peak_bytes = live_bytes;
}

} // namespace bench
