// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for time to pass?
#ifndef TETHER_TASK_SLEEP_HPP
#define TETHER_TASK_SLEEP_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/awaitable.hpp>

#include <chrono>
#include <cmath>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>

TETHER_BEGIN_NAMESPACE

namespace detail {

// A relative duration a user gave: negative and NaN are errors, what does not
// fit is "never".
template<class Rep, class Period>
void check_duration(std::chrono::duration<Rep, Period> d, char const* verb) {
    bool bad = d < std::chrono::duration<Rep, Period>::zero();
    if constexpr (std::is_floating_point_v<Rep>)
        bad = bad || std::isnan(d.count());
    if (bad)
        throw std::invalid_argument(
            std::string(verb) +
            ": the duration is negative: " + std::to_string(d.count()));
}

// Saturates to duration::max(), which means never.
template<class Rep, class Period>
duration to_loop_duration(std::chrono::duration<Rep, Period> d,
                          char const* verb) {
    check_duration(d, verb);
    return saturated_add(time_point{}, d) - time_point{};
}

class sleep_wait final : public wait, private timer_node {
public:
    using revocable = void;

    // Relative times count from here on: the clock is read on entry.
    sleep_wait(duration d, time_point at, bool relative) noexcept
        : timer_node(&expired),
          duration_(d),
          due_at_(at),
          relative_(relative) {}
    ~sleep_wait() {
        if (armed())
            record()->home()->disarm(*this);
    }

    bool ready() noexcept {
        if (relative_) {
            if (duration_ <= duration::zero())
                return true;
            due_at_ = saturated_add(record()->home()->now(), duration_);
            return false;
        }
        return due_at_ <= record()->home()->now();
    }
    void start() { record()->home()->arm(*this, due_at_); }
    void result() const noexcept {}

    abort_result abort() noexcept override {
        record()->home()->disarm(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override { return "time to pass"; }

private:
    static void expired(timer_node& node) noexcept {
        static_cast<sleep_wait&>(node).complete();
    }

    duration duration_;
    time_point due_at_;
    bool relative_;
};

class [[nodiscard("co_await the sleep")]] sleep_awaitable {
public:
    sleep_awaitable(duration d, time_point at, bool relative,
                    std::source_location here) noexcept
        : duration_(d), at_(at), relative_(relative), where_(here) {}
    sleep_wait connect() const noexcept {
        return sleep_wait(duration_, at_, relative_);
    }
    std::source_location where() const noexcept { return where_; }

private:
    duration duration_;
    time_point at_;
    bool relative_;
    std::source_location where_;
};

} // namespace detail

/// Suspends the task for `d`, by the clock of its loop.
///
/// Parameters: `d` counts from the await; zero is a checkpoint; a duration that
/// does not fit the clock means for ever.
/// Errors: std::invalid_argument for a negative duration.
/// Completes when: the time has come; sleeps due at the same instant end in the
/// order in which they began.
/// On cancellation: stops at once, the timer is gone.
/// Example:
/// \code
/// co_await sleep_for(250ms);
/// \endcode
template<class Rep, class Period>
[[nodiscard("co_await the sleep")]] auto
sleep_for(std::chrono::duration<Rep, Period> d,
          std::source_location here = std::source_location::current()) {
    return detail::sleep_awaitable(detail::to_loop_duration(d, "sleep_for"), {},
                                   true, here);
}

/// The same until `at`; a time in the past is a checkpoint.
[[nodiscard("co_await the sleep")]] inline auto sleep_until(
    std::chrono::steady_clock::time_point at,
    std::source_location here = std::source_location::current()) noexcept {
    return detail::sleep_awaitable({}, at, false, here);
}

/// The same without an end: until the task is cancelled.
[[nodiscard("co_await the sleep")]] inline auto sleep_forever(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::sleep_awaitable({}, (detail::time_point::max)(), false,
                                   here);
}

TETHER_END_NAMESPACE

#endif
