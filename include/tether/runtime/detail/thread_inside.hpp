// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which thread is inside a loop at the moment? One relaxed mark, so that a
/// second one is noticed without the price of a lock.
#ifndef TETHER_RUNTIME_DETAIL_THREAD_INSIDE_HPP
#define TETHER_RUNTIME_DETAIL_THREAD_INSIDE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>

#include <atomic>
#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A thread is known by the address of a variable of its own.
class thread_inside {
public:
    bool is_any() const noexcept {
        return mark_.load(std::memory_order_relaxed) != 0;
    }
    bool is_another() const noexcept {
        std::uintptr_t const mark = mark_.load(std::memory_order_relaxed);
        return mark != 0 && mark != this_thread();
    }
    // Returns what leave() takes back. No atomic exchange: it would be locked,
    // and only the thread inside writes.
    std::uintptr_t enter() noexcept {
        std::uintptr_t const outer = mark_.load(std::memory_order_relaxed);
        mark_.store(this_thread(), std::memory_order_relaxed);
        return outer;
    }
    void leave(std::uintptr_t outer) noexcept {
        mark_.store(outer, std::memory_order_relaxed);
    }

private:
    static std::uintptr_t this_thread() noexcept {
        return reinterpret_cast<std::uintptr_t>(&current_loop);
    }

    std::atomic<std::uintptr_t> mark_{0};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
