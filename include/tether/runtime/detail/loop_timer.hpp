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

    timer_handler(loop& l, unsigned arm) noexcept : home(&l), generation(arm) {
        l.retain();
    }
    timer_handler(timer_handler&& other) noexcept
        : home(std::exchange(other.home, nullptr)),
          generation(other.generation) {}
    ~timer_handler() {
        if (home)
            home->release();
    }
    allocator_type get_allocator() const noexcept {
        return allocator_type(home->timer_memory_);
    }
    void operator()(boost::system::error_code) {
        if (generation != home->arm_generation_)
            return; // re-armed for an earlier time, or disarmed
        home->armed_for_ = (time_point::max)();
        home->enter([] {});
    }

    loop* home;
    unsigned generation;
};

inline void loop::arm(timer_node& node, time_point due) {
    if (due == (time_point::max)())
        return;
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
    if (!timer_)
        timer_.emplace(executor_);
    armed_for_ = due;
    ++arm_generation_;
    timer_->expires_at(due);
    timer_->async_wait(timer_handler(*this, arm_generation_));
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
