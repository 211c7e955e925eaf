// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which loop runs on this thread, for which task does it work, and who hears
/// of an error that nobody read?
#ifndef TETHER_DETAIL_CURRENT_LOOP_HPP
#define TETHER_DETAIL_CURRENT_LOOP_HPP

#include <tether/detail/config.hpp>

#include <exception>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What the lower layers know of a loop. The runtime derives from it; a function
// pointer instead of a virtual keeps the loop's layout its own affair.
struct loop_base {
    void (*report)(loop_base*, std::exception_ptr,
                   char const* what) noexcept = nullptr;
};

inline constinit thread_local loop_base* current_loop = nullptr;

class carried_bindings;
class thread_call;

// For which task of a loop elsewhere does a thread work: what was bound at that
// task, and the call that waits for the thread, if it is one of to_thread.
struct worker_base {
    carried_bindings const* carried = nullptr;
    thread_call* call = nullptr;
};

// A thread of its own beside the loop's: a blocking function has no parameter
// from which what it calls could learn for whom it works. Null on all threads
// but those that work for a task.
inline constinit thread_local worker_base* current_worker = nullptr;

// An error whose owner went away without looking at it. Outside a loop there
// is nobody to tell: the library never prints by itself.
inline void
report_unread(std::exception_ptr error,
              char const* what = "outcome destroyed unread") noexcept {
    loop_base* const loop = current_loop;
    if (loop && loop->report && error)
        loop->report(loop, std::move(error), what);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
