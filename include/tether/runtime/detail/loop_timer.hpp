// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does time wake the tasks of a loop? One Asio timer, armed for the
/// earliest entry of the timer queue and re-armed lazily.
#ifndef TETHER_RUNTIME_DETAIL_LOOP_TIMER_HPP
#define TETHER_RUNTIME_DETAIL_LOOP_TIMER_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct loop::timer_handler {
    using allocator_type = handler_allocator<void, memory>;

    timer_handler(loop& l, unsigned arm) noexcept
        : home(&l), storage(&l.timer_memory_), generation(arm) {
        l.retain();
    }
    timer_handler(timer_handler&& other) noexcept
        : home(std::exchange(other.home, nullptr)),
          storage(other.storage),
          generation(other.generation) {}
    ~timer_handler() {
        if (home)
            home->release();
    }
    // Of one that was moved from, too: Asio asks it when it has no memory for
    // the place in its queue.
    allocator_type get_allocator() const noexcept {
        return allocator_type(*storage);
    }
    void operator()(boost::system::error_code) {
        if (generation != home->arm_generation_)
            return; // re-armed for an earlier time, or disarmed
        home->armed_for_ = (time_point::max)();
        home->enter([] {});
    }

    loop* home;
    memory* storage;
    unsigned generation;
};

inline void loop::arm(timer_node& node, time_point due) {
    if (due == (time_point::max)())
        return;
    if (!timer_) [[unlikely]]
        make_asio_timer();
    timers_.insert(node, due);
    if (!active_)
        arm_asio_timer();
}

inline void loop::arm_reserved(timer_node& node, time_point due) noexcept {
    if (due == (time_point::max)())
        return;
    timers_.insert_reserved(node, due);
    if (!active_)
        arm_asio_timer();
}

inline void loop::reserve_timer() {
    if (!timer_) [[unlikely]]
        make_asio_timer();
    timers_.reserve();
}

// For the first who waits, so that what it needs of the system, a descriptor
// for one, is an error of that wait.
[[gnu::noinline]] inline void loop::make_asio_timer() {
    if (!shutting_down_ && !virtual_time())
        timer_.emplace(executor_);
}

inline void loop::expire() noexcept {
    if (!timers_.empty())
        timers_.expire(now());
}

inline void loop::arm_asio_timer() noexcept {
    if (shutting_down_ || virtual_time())
        return;
    time_point const due = timers_.earliest();
    if (armed_for_ <= due)
        return; // a stale early arm only finds nothing due and re-arms
    try {
        if (!timer_) // it was armed in virtual time
            make_asio_timer();
        ++arm_generation_;
        timer_->expires_at(due);
        timer_->async_wait(timer_handler(*this, arm_generation_));
        armed_for_ = due;
    } catch (...) {
        // No memory. Each pass looks at the clock, so until there is some they
        // follow one another.
        armed_for_ = (time_point::max)();
        post_drain();
    }
}

inline void loop::cancel_asio_timer() noexcept {
    if (armed_for_ == (time_point::max)())
        return;
    armed_for_ = (time_point::max)();
    ++arm_generation_;
    timer_->cancel();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
