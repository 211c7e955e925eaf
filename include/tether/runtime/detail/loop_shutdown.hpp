// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of the tasks when their context goes? Nothing is resumed any
/// more: waits are stopped, and frames destroyed as they become free.
#ifndef TETHER_RUNTIME_DETAIL_LOOP_SHUTDOWN_HPP
#define TETHER_RUNTIME_DETAIL_LOOP_SHUTDOWN_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline void loop::begin_shutdown() noexcept {
    shutting_down_ = true;
    timer_.reset();
    work_.reset();
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    force(roots_);
    run_stop_callbacks(); // another thread may work until it is told
    active_ = outer_active;
    current_loop = outer;
}

// Destroys what is ready to be destroyed; nothing is resumed. True if there
// was anything.
inline bool loop::drain_shut_down() noexcept {
    if (ready_.empty())
        return false;
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    while (!ready_.empty()) {
        run<true>(ready_.pop());
    }
    active_ = outer_active;
    current_loop = outer;
    unhandled_.clear();
    return true;
}

inline void loop::orphan(loop_owner& from_now_on) noexcept {
    orphaned_ = true;
    owner_ = &from_now_on;
    plain_ = nullptr;
    context_ = nullptr;
    executor_ = asio::any_io_executor(); // a strand refers to its service
}

inline void loop::collect() noexcept {
    if (active_)
        return; // from inside a frame that is being destroyed
    retain();
    drain_shut_down();
    release();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
