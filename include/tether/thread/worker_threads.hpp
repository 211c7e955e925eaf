// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which threads work for the tasks of a context, and how long are they kept?
#ifndef TETHER_THREAD_WORKER_THREADS_HPP
#define TETHER_THREAD_WORKER_THREADS_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/this_task.hpp>
#include <tether/thread/detail/workers.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>

TETHER_BEGIN_NAMESPACE

namespace detail {

inline std::shared_ptr<worker_core> const& workers_here(char const* function) {
    if (task_record const* const r = running_task())
        return worker_service::core_of(r->home()->context());
    throw std::logic_error(std::string("worker_threads::") + function +
                           "() was called outside of a task");
}

} // namespace detail

/// The worker threads of the execution context of the running task. Outside of
/// a task each function throws std::logic_error.
namespace worker_threads {

/// Result: counts for logs and tests.
[[nodiscard]] inline worker_statistics statistics() {
    return detail::workers_here("statistics")->statistics();
}

/// How long a thread without work is kept for the next call; ten seconds if
/// nobody says otherwise. `duration::max()` keeps it until the context ends.
///
/// Errors: std::invalid_argument when it is negative.
inline void set_idle_time(std::chrono::steady_clock::duration time) {
    if (time < std::chrono::steady_clock::duration::zero())
        throw std::invalid_argument(
            "worker_threads::set_idle_time: the time is negative");
    detail::workers_here("set_idle_time")->set_idle_time(time);
}

} // namespace worker_threads

TETHER_END_NAMESPACE

#endif
