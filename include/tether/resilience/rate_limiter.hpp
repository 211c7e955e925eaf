// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How often may tasks do this? So many times in a second, and no sooner: a
/// limiter lets them through one by one, in the order of arrival.
#ifndef TETHER_RESILIENCE_RATE_LIMITER_HPP
#define TETHER_RESILIENCE_RATE_LIMITER_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/resilience/detail/gcra.hpp>
#include <tether/resilience/detail/time_here.hpp>
#include <tether/resilience/rate.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE

class rate_limiter;

namespace detail {
class grant_wait_base;
class grant_wait;
class timely_grant_wait;
using grant_op = wait_op<grant_wait, rate_limiter*, std::size_t>;
using timely_grant_op = wait_op<timely_grant_wait, rate_limiter*, std::size_t>;
} // namespace detail

/// How much of its allowance a rate_limiter saves up while it is not used.
struct burst {
    /// As `initial`: all of them.
    static constexpr std::size_t full =
        (std::numeric_limits<std::size_t>::max)();
    /// Permits that may be used at once after an idle time; one means that
    /// permits are evenly spaced.
    std::size_t permits = 1;
    /// How many of them are there at the first use. Less than all is for a
    /// program that may be restarted in a circle.
    std::size_t initial = full;
};

/// What rate_limiter::statistics() tells.
struct rate_limiter_statistics {
    std::size_t available; ///< permits that could be had at once
    std::size_t burst;     ///< the most that can be available
    std::size_t waiting;   ///< tasks in acquire()
    std::uint64_t granted; ///< permits given since it was made
};

/// Permits that come at a rate; tasks wait when there are too few.
///
/// Invariant: in every span of time W at most `rate * W + burst` permits are
/// given, counted when they are given: what is sent at once afterwards may
/// still meet on the wire. In the long run no time is lost or gained; but a
/// burst of one keeps its distance also after a timer that was late. Strictly
/// in the order of arrival: whoever comes later, or only tries, does not
/// overtake.
/// Errors: destroying a limiter while tasks wait writes a sentence and
/// terminates.
/// Never lost: the place of a waiter that is stopped, and the permit of one
/// that never runs, belong to those behind it.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs. Outside of every loop it goes by the steady clock.
/// Example:
/// ```
/// tether::rate_limiter calls(tether::per_second(10), tether::burst{5});
/// co_await calls.acquire();
/// auto page = co_await fetch(url);
/// ```
/// Source: the generic cell rate algorithm of ATM.
class rate_limiter {
public:
    /// Parameters: `at_once` bounds what idle time saves up.
    /// Errors: std::invalid_argument for a burst of zero, for more initial
    /// permits than that, and when a burst would take more than 73 years.
    explicit rate_limiter(rate allowed, burst at_once = burst())
        : gcra_(allowed, at_once.permits,
                at_once.initial == burst::full ? at_once.permits
                                               : at_once.initial) {}
    rate_limiter(rate_limiter const&) = delete;
    rate_limiter& operator=(rate_limiter const&) = delete;
    ~rate_limiter() {
        if (waits_ != 0 && waiters_.empty())
            detail::fatal("a rate_limiter was destroyed before tasks ran that "
                          "it had let through");
    }

    /// Waits for `n` permits. They are used up, not given back.
    ///
    /// Errors: std::invalid_argument when `n` is above the burst, which would
    /// wait for ever; std::logic_error when tasks of another loop wait;
    /// std::bad_alloc when there is no memory for a timer.
    /// Completes when: `n` permits are there and nobody waits longer. Always a
    /// checkpoint.
    /// On cancellation: the place in the queue is given up and costs nothing.
    [[nodiscard("co_await it")]] detail::grant_op
    acquire(std::size_t n = 1, detail::call_site here = TETHER_HERE) {
        check_size(n);
        return detail::grant_op(here, this, n);
    }

    /// Takes `n` permits if that is possible without overtaking.
    ///
    /// Result: whether it did.
    /// Errors: as acquire().
    [[nodiscard("without the permit it must not go on")]] bool
    try_acquire(std::size_t n = 1) {
        waiters_.check_use();
        check_size(n);
        return take(n, now());
    }

    /// Waits like acquire(), unless the deadline around the caller would be
    /// over before its turn: then it does not begin to wait.
    ///
    /// Result: whether it has the permits.
    /// Errors: as acquire().
    /// Completes when: as acquire(), or at once. Always a checkpoint.
    /// On cancellation: as acquire(); also when the limiter is paused or slowed
    /// down meanwhile and the deadline comes first.
    [[nodiscard("co_await it")]] detail::timely_grant_op
    try_acquire_before_deadline(std::size_t n = 1,
                                detail::call_site here = TETHER_HERE) {
        check_size(n);
        return detail::timely_grant_op(here, this, n);
    }

    /// Gives no permit before `when`, as a `Retry-After` asks. Of several such
    /// the latest counts. Allowance is saved up meanwhile, up to the burst.
    ///
    /// Errors: std::invalid_argument for `time_point::max()`;
    /// std::logic_error when tasks of another loop wait.
    void pause_until(std::chrono::steady_clock::time_point when) {
        waiters_.check_use();
        if (when == (std::chrono::steady_clock::time_point::max)())
            throw std::invalid_argument(
                "rate_limiter::pause_until: nobody would ever go on");
        gcra_.pause_until(when);
        serve();
    }

    /// Changes the rate, also for those who wait. What was used of the burst
    /// comes back at the new rate.
    ///
    /// Errors: as the constructor; std::logic_error when tasks of another loop
    /// wait. Nothing is changed then.
    void set_rate(rate allowed) {
        waiters_.check_use();
        gcra_.set_rate(allowed, now());
        serve();
    }

    /// Result: whether nobody waits and the whole burst is available.
    [[nodiscard]] bool is_idle() const {
        return waits_ == 0 && gcra_.full(now());
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] rate_limiter_statistics statistics() const {
        return {gcra_.available(now()), gcra_.burst(), waiters_.size(),
                granted_};
    }

private:
    friend class detail::grant_wait_base;
    friend class detail::grant_wait;
    template<class K, class Hash, class Equal>
    friend class keyed_limiter;

    static detail::time_point now() noexcept { return detail::time_here(); }

    void check_size(std::size_t n) const {
        if (n > gcra_.burst())
            throw std::invalid_argument(
                "rate_limiter: " + std::to_string(n) +
                " permits can never be had, the burst is " +
                std::to_string(gcra_.burst()));
    }
    bool take(std::size_t n, detail::time_point at) noexcept {
        if (!waiters_.empty() || !gcra_.try_take(n, at))
            return false;
        granted_ += n;
        return true;
    }
    // When one who comes now would have `n` permits.
    detail::time_point turn(std::size_t n, detail::time_point at) noexcept;
    void serve() noexcept;
    void give_back(std::size_t n, detail::time_point granted_at) noexcept;

    detail::gcra gcra_;
    detail::waiter_queue waiters_{"a rate_limiter"};
    std::size_t waits_ = 0; // that exist, in the queue or not
    std::uint64_t granted_ = 0;
};

TETHER_END_NAMESPACE

#include <tether/resilience/detail/grant_wait.hpp>

#endif
