// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What time is it in a test? The time of a clock that stands still until every
/// task waits for it.
#ifndef TETHER_TESTING_VIRTUAL_CLOCK_HPP
#define TETHER_TESTING_VIRTUAL_CLOCK_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/clock.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <chrono>
#include <cmath>
#include <stdexcept>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// For virtual_clock_options::autojump_threshold: the clock never jumps.
inline constexpr std::chrono::steady_clock::duration no_autojump =
    (std::chrono::steady_clock::duration::max)();

/// How a virtual_clock moves.
struct virtual_clock_options {
    /// How many virtual seconds pass in a real one; with 0, the default, the
    /// time stands still.
    double rate = 0;
    /// Zero, the default: the clock jumps to the next deadline when all tasks
    /// wait and nothing else is pending. More: it also jumps while operations
    /// of Asio are in flight, once none of them completed for this much real
    /// time; never while another thread works for a task. no_autojump: never.
    std::chrono::steady_clock::duration autojump_threshold{0};
};

/// A clock for tests. It stands still while there is anything to do, and jumps
/// to the next deadline when all tasks wait for time.
///
/// Invariant: never goes backwards. It starts at the same instant in every run,
/// so that a test that prints times prints the same ones.
/// Threads: one loop, or several loops of one thread. Rate and threshold work
/// in run_test(); a runner knows the jump of threshold zero alone.
/// Example:
/// ```
/// tether::testing::virtual_clock clock;
/// tether::runner app(tether::run_options{.clock = &clock});
/// app.run(wait_for_an_hour); // returns at once
/// ```
/// Source: Trio's MockClock.
class virtual_clock final : public clock_source {
public:
    /// The unit of the clock.
    using duration = std::chrono::steady_clock::duration;

    /// Errors: std::invalid_argument for a negative rate or threshold.
    explicit virtual_clock(virtual_clock_options options = {})
        : rate_(options.rate), threshold_(options.autojump_threshold) {
        check_rate(rate_);
        if (threshold_ < duration::zero())
            throw std::invalid_argument(
                "virtual_clock: the autojump threshold is negative");
    }

    time_point now() const noexcept override {
        if (rate_ == 0)
            return now_;
        auto const real = real_now() - since_;
        return tether::detail::saturated_add(
            now_, std::chrono::duration<double, duration::period>(
                      static_cast<double>(real.count()) * rate_));
    }

    /// False: who runs the loop moves this clock.
    bool advances_by_itself() const noexcept override { return false; }

    bool jump_to(time_point due) noexcept override {
        if (threshold_ == no_autojump)
            return false;
        move_to(due);
        return true;
    }

    /// Moves the time at once. Whoever is due wakes when the loop gets its
    /// turn, in the order of the deadlines; for one at a time see advance().
    ///
    /// Errors: std::invalid_argument for a negative duration.
    void jump(duration d) {
        if (d < duration::zero())
            throw std::invalid_argument(
                "virtual_clock: time does not go backwards");
        move_to(tether::detail::saturated_add(now(), d));
    }

    /// The same to the instant `at`; nothing happens if that is over.
    void move_to(time_point at) noexcept {
        time_point const before = now();
        now_ = at > before ? at : before;
        since_ = real_now();
    }

    /// Virtual seconds in a real one.
    double rate() const noexcept { return rate_; }

    /// The time goes on from now with another rate.
    ///
    /// Errors: std::invalid_argument for a negative rate.
    void rate(double virtual_per_real) {
        check_rate(virtual_per_real);
        move_to(now());
        rate_ = virtual_per_real;
    }

    /// The real time without I/O after which the clock jumps.
    duration autojump_threshold() const noexcept { return threshold_; }

    /// When it will be `at` if nothing moves the clock but its rate;
    /// `time_point::max()` if never.
    time_point real_time_of(time_point at) const noexcept {
        if (rate_ == 0)
            return (time_point::max)();
        return tether::detail::saturated_add(
            since_, std::chrono::duration<double, duration::period>(
                        static_cast<double>((at - now_).count()) / rate_));
    }

private:
    static time_point real_now() noexcept {
        return std::chrono::steady_clock::now();
    }
    static void check_rate(double rate) {
        if (!(rate >= 0) || !std::isfinite(rate))
            throw std::invalid_argument(
                "virtual_clock: the rate must be zero or more");
    }
    // Not zero: code that takes an hour ago from now must stay in range.
    time_point now_{std::chrono::hours(1)};
    time_point since_ = real_now();
    double rate_;
    duration threshold_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
