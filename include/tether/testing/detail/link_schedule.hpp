// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When does what is sent over an in-memory connection arrive? Latency,
/// bandwidth, lost packets, stalls.
#ifndef TETHER_TESTING_DETAIL_LINK_SCHEDULE_HPP
#define TETHER_TESTING_DETAIL_LINK_SCHEDULE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/testing/memory_link.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace detail {

// One direction of a link; plain arithmetic.
class link_schedule {
public:
    // How much of `n` bytes goes in one piece.
    static std::size_t piece(testing::memory_link_options const& options,
                             std::size_t n) noexcept {
        bool const in_packets = options.bandwidth != 0 || options.loss > 0;
        return in_packets ? (std::min)(n, packet) : n;
    }
    // Never before what was sent earlier: a lost packet holds up the others.
    time_point arrival(testing::memory_link_options const& options,
                       std::size_t n, time_point now) noexcept {
        if (options.manual)
            return (time_point::max)();
        line_free_ = (std::max)(line_free_, now);
        if (options.bandwidth != 0)
            line_free_ += std::chrono::nanoseconds(static_cast<std::int64_t>(
                static_cast<double>(n) * 1e9 /
                static_cast<double>(options.bandwidth)));
        time_point at = saturated_add(line_free_, options.latency);
        if (n != 0 && lost(options))
            at = saturated_add(at, options.retransmission);
        last_ = (std::max)({last_, at, stalled_until_});
        return last_;
    }
    void stall(time_point until) noexcept {
        stalled_until_ = (std::max)(stalled_until_, until);
    }

private:
    static constexpr std::size_t packet = 1460;

    bool lost(testing::memory_link_options const& options) noexcept {
        if (!(options.loss > 0))
            return false;
        if (random_ == 0)
            random_ = options.seed * 0x9e3779b97f4a7c15U + 1;
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return static_cast<double>(random_ >> 11) * 0x1.0p-53 < options.loss;
    }

    std::uint64_t random_ = 0;
    time_point line_free_{};
    time_point last_{};
    time_point stalled_until_{};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
