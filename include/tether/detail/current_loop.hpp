// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which loop runs on this thread, and who hears of an error that nobody read?
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
