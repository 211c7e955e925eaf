// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test wait until the tasks it started have got as far as they can?
/// With settle(), instead of a sleep.
#ifndef TETHER_TESTING_SETTLE_HPP
#define TETHER_TESTING_SETTLE_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/sleep.hpp>
#include <tether/testing/detail/session_of.hpp>

#include <chrono>
#include <source_location>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

class settle_wait final : public wait, private settle_waiter {
public:
    explicit settle_wait(duration quiet) noexcept { cushion = quiet; }
    ~settle_wait() { leave(); }

    bool ready() const noexcept { return false; }
    void start() { this_session("settle()").driver().add(*this); }
    void result() const noexcept {}

    abort_result abort() noexcept override {
        leave();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "all other tasks to wait";
    }

private:
    void leave() noexcept {
        if (linked())
            unlink();
    }
    void served() noexcept override { complete(); }
};

class [[nodiscard("co_await settle()")]] settle_op {
public:
    settle_op(duration cushion, std::source_location here) noexcept
        : cushion_(cushion), where_(here) {}
    settle_wait connect() const noexcept { return settle_wait(cushion_); }
    std::source_location where() const noexcept { return where_; }

private:
    duration cushion_;
    std::source_location where_;
};

} // namespace detail

/// Waits until every other task waits and no handler is ready, without letting
/// virtual time pass.
///
/// Errors: std::logic_error outside of run_test().
/// Completes when: all other tasks of the loop are blocked; before the clock
/// jumps. Always a checkpoint.
/// On cancellation: stops at once.
/// Example:
/// ```
/// group.spawn(consumer, std::ref(queue));
/// co_await settle(); // the consumer waits for its first item
/// ```
/// Source: Trio's wait_all_tasks_blocked.
[[nodiscard("co_await settle()")]] inline detail::settle_op
settle(std::source_location here = std::source_location::current()) noexcept {
    return detail::settle_op(detail::duration::zero(), here);
}

/// The same, and then no operation of Asio may complete for `cushion` of real
/// time: for tasks that wait for sockets.
///
/// Errors: std::invalid_argument for a negative cushion as well.
template<class Rep, class Period>
[[nodiscard("co_await settle()")]] detail::settle_op
settle(std::chrono::duration<Rep, Period> cushion,
       std::source_location here = std::source_location::current()) {
    return detail::settle_op(
        tether::detail::to_loop_duration(cushion, "settle"), here);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
