// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a thread woken without a lock that it would wait for at once, while
/// it may be gone before the call that woke it returns? What it owns waits for
/// that.
#ifndef TETHER_DETAIL_WAKERS_HPP
#define TETHER_DETAIL_WAKERS_HPP

#include <tether/detail/config.hpp>

#include <atomic>
#include <thread>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Who wakes enters under the lock and leaves without it. Invariant: nobody is
// inside when this is destroyed, nor what is declared before it in a class.
//
// A lock held over the call costs the thread that wakes up another sleep: half
// a context switch for each call of to_thread.
class wakers {
public:
    wakers() noexcept = default;
    wakers(wakers const&) = delete;
    wakers& operator=(wakers const&) = delete;
    ~wakers() { until_left(); }

    void enter() noexcept { inside_.fetch_add(1, std::memory_order_relaxed); }
    void leave() noexcept { inside_.fetch_sub(1, std::memory_order_release); }

    // Blocks for the rest of a call to the system. A notification when they
    // leave would touch what may be gone by then.
    void until_left() const noexcept {
        while (inside_.load(std::memory_order_acquire) != 0)
            std::this_thread::yield();
    }

private:
    std::atomic<unsigned> inside_{0};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
