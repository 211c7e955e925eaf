// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test move time by hand, one deadline after the other?
#ifndef TETHER_TESTING_ADVANCE_HPP
#define TETHER_TESTING_ADVANCE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/sleep.hpp>
#include <tether/testing/detail/session_of.hpp>

#include <chrono>
#include <source_location>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

class advance_wait final : public wait, private advance_waiter {
public:
    advance_wait(duration by, char const* verb) noexcept
        : by_(by), verb_(verb) {}
    ~advance_wait() { leave(); }

    bool ready() const noexcept { return false; }
    void start() {
        target = tether::detail::saturated_add(this_clock(verb_).now(), by_);
        this_session(verb_).driver().add(*this);
    }
    void result() const noexcept {}

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the time to be moved";
    }

private:
    void leave() noexcept {
        if (linked())
            unlink();
    }
    void served() noexcept override { complete(); }

    duration by_;
    char const* verb_;
};

class [[nodiscard(
    "co_await it: the time is moved while you wait")]] advance_op {
public:
    advance_op(duration by, char const* verb,
               std::source_location here) noexcept
        : by_(by), verb_(verb), where_(here) {}
    advance_wait connect() const noexcept { return advance_wait(by_, verb_); }
    std::source_location where() const noexcept { return where_; }

private:
    duration by_;
    char const* verb_;
    std::source_location where_;
};

} // namespace detail

/// Moves virtual time on by `d`. It stops at each deadline on the way, in order
/// of time and then of registration, and lets all tasks run until they wait
/// again; deadlines that they set meanwhile count as well.
///
/// Errors: std::invalid_argument for a negative duration; std::logic_error
/// outside of run_test(), or when the test runs in real time.
/// Completes when: `d` has passed and every other task waits. Always a
/// checkpoint.
/// On cancellation: stops where the time is then.
/// Example:
/// ```
/// group.spawn(heartbeat, std::ref(log)); // every 10 s
/// co_await advance(25s);
/// CHECK(log.size() == 2);
/// ```
/// Source: Kotlin's advanceTimeBy; here what is due at the very end runs too.
template<class Rep, class Period>
[[nodiscard("co_await it: the time is moved while you wait")]]
detail::advance_op
advance(std::chrono::duration<Rep, Period> d,
        std::source_location here = std::source_location::current()) {
    return detail::advance_op(tether::detail::to_loop_duration(d, "advance"),
                              "advance()", here);
}

/// Lets everything run that is ready or due at the present virtual time.
///
/// Errors: std::logic_error outside of run_test(), or when the test runs in
/// real time.
/// Completes when: every other task waits for something later. Always a
/// checkpoint.
/// On cancellation: stops at once.
/// Source: Kotlin's runCurrent.
[[nodiscard(
    "co_await it: the others run while you wait")]] inline detail::advance_op
run_current(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::advance_op(detail::duration::zero(), "run_current()", here);
}

/// Moves virtual time on until nobody waits for time any more.
///
/// A task that sleeps in an endless loop, and a deadline of the caller, count
/// as well: such a test passes the deadline, or runs into its hang guard.
/// Errors: std::logic_error outside of run_test(), or when the test runs in
/// real time.
/// Completes when: every other task waits, and no deadline is left. Always a
/// checkpoint.
/// On cancellation: stops where the time is then.
/// Source: Kotlin's advanceUntilIdle.
[[nodiscard(
    "co_await it: the time is moved while you wait")]] inline detail::advance_op
advance_until_idle(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::advance_op((detail::duration::max)(), "advance_until_idle()",
                              here);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
