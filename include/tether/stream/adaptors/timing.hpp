// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do elements and time go together without a second task? timeout_each
/// and throttle.
#ifndef TETHER_STREAM_ADAPTORS_TIMING_HPP
#define TETHER_STREAM_ADAPTORS_TIMING_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
async_generator<yield_of_t<G>> timeout_elements(G range, duration limit) {
    auto& all = co_await tether::keep(std::move(range));
    while (auto* const item = co_await fail_after(limit, all.advance()))
        co_yield yield_from(*item);
}

template<class G>
async_generator<yield_of_t<G>> throttle_elements(G range, duration gap) {
    auto& all = co_await tether::keep(std::move(range));
    std::optional<time_point> last;
    while (auto* const item = co_await all.advance()) {
        time_point const now = this_task::now();
        if (last && now - *last < gap)
            continue;
        last = now;
        co_yield yield_from(*item);
    }
}

} // namespace detail

/// Bounds the time that the generator takes for each element; a deadline for
/// the whole stream is a fail_after() around its use.
///
/// Parameters: `limit` counts from each step.
/// Errors: timeout_error, for which the generator was stopped and its cleanup
/// awaited; std::invalid_argument when `limit` is negative.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
timeout_each(std::chrono::duration<Rep, Period> limit) {
    auto const d = detail::to_loop_duration(limit, "timeout_each");
    return detail::adaptor([d]<class G>(G range) {
        return detail::timeout_elements(std::move(range), d);
    });
}

/// Drops the elements that come within `gap` of the last one let through.
///
/// Errors: those of the generator; std::invalid_argument when `gap` is
/// negative.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
throttle(std::chrono::duration<Rep, Period> gap) {
    auto const d = detail::to_loop_duration(gap, "throttle");
    return detail::adaptor([d]<class G>(G range) {
        return detail::throttle_elements(std::move(range), d);
    });
}

TETHER_END_NAMESPACE

#endif
