// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does an accept loop do about an error of accept? It goes on at once,
/// waits for resources to come back, or gives up.
#ifndef TETHER_SERVICE_DETAIL_ACCEPT_BACKOFF_HPP
#define TETHER_SERVICE_DETAIL_ACCEPT_BACKOFF_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
// Builds on resilience/backoff.hpp.
#include <tether/resilience/backoff.hpp>

#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

enum class accept_verdict : unsigned char {
    again, // one connection was lost before it was accepted
    wait,  // the system has no room: others have to end first
    fatal
};

inline accept_verdict
judge_accept(boost::system::error_code const& error) noexcept {
    namespace errc = boost::system::errc;
    for (auto const lost :
         {errc::connection_aborted, errc::connection_reset,
          errc::protocol_error, errc::network_down, errc::network_unreachable,
          errc::host_unreachable, errc::interrupted, errc::timed_out})
        if (error == lost)
            return accept_verdict::again;
    for (auto const full :
         {errc::too_many_files_open, errc::too_many_files_open_in_system,
          errc::no_buffer_space, errc::not_enough_memory})
        if (error == full)
            return accept_verdict::wait;
    return accept_verdict::fatal;
}

// How long to wait: twice as long after each failure, from the start after a
// success.
class accept_backoff {
public:
    accept_backoff(duration least, duration most)
        : pauses_(backoff::exponential(least, 2.0, most)) {}
    duration next() noexcept { return pauses_.before(++failures_); }
    void succeeded() noexcept { failures_ = 0; }

private:
    backoff pauses_;
    std::size_t failures_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
