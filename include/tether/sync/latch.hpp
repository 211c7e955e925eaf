// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait until n things are done? A counter that goes down to
/// zero, once.
#ifndef TETHER_SYNC_LATCH_HPP
#define TETHER_SYNC_LATCH_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/gate.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE

/// What latch::statistics() tells.
struct latch_statistics {
    std::size_t count;   ///< what is still to be counted down
    std::size_t waiting; ///< tasks in wait()
};

namespace detail {
inline constexpr char latch_text[] = "a latch";
}

/// A counter that is counted down once; tasks wait until it is zero.
///
/// Invariant: never goes up, never below zero. To wait for children use a
/// task_group, which also sees that they may fail.
/// Errors: destroying it with waiters writes a sentence that names them and
/// terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::latch ready(3);
/// for (int i = 0; i != 3; ++i)
///     group.spawn(serve, i, std::ref(ready)); // each: ready.count_down()
/// co_await ready.wait();
/// ```
/// Source: std::latch.
class latch {
public:
    /// Parameters: how often it is to be counted down; zero is open at once.
    /// Errors: std::invalid_argument when that is negative.
    explicit constexpr latch(std::ptrdiff_t count)
        : gate_(detail::latch_text, count == 0),
          count_(static_cast<std::size_t>(count)) {
        if (count < 0)
            throw std::invalid_argument("latch: the count is " +
                                        std::to_string(count) +
                                        "; it must not be negative");
    }
    latch(latch const&) = delete;
    latch& operator=(latch const&) = delete;

    /// Counts down; at zero all who wait go on, in the order in which they
    /// came.
    ///
    /// Errors: std::logic_error when `n` is more than what is left, or when
    /// tasks of another loop wait; nothing is counted then.
    void count_down(std::size_t n = 1) {
        gate_.check_use();
        if (n > count_)
            throw std::logic_error("latch::count_down: " + std::to_string(n) +
                                   " of a count of " + std::to_string(count_));
        count_ -= n;
        if (count_ == 0)
            gate_.open();
    }

    /// Whether the count is zero.
    [[nodiscard]] bool try_wait() const noexcept { return gate_.is_open(); }

    /// Waits until the count is zero.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: the count is zero; at once if it is. Always a
    /// checkpoint.
    /// On cancellation: the wait is given up in O(1); the count stays.
    [[nodiscard("co_await the latch")]] detail::gate_op<detail::latch_text>
    wait(detail::call_site here = TETHER_HERE) noexcept {
        return detail::gate_op<detail::latch_text>(here, &gate_);
    }

    /// Counts down when it is called, then waits.
    ///
    /// Errors: as count_down(), at once.
    /// Completes when: the count is zero. Always a checkpoint.
    /// On cancellation: the wait is given up; what was counted stays counted.
    [[nodiscard("co_await the latch")]] detail::gate_op<detail::latch_text>
    arrive_and_wait(std::size_t n = 1, detail::call_site here = TETHER_HERE) {
        count_down(n);
        return detail::gate_op<detail::latch_text>(here, &gate_);
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] latch_statistics statistics() const noexcept {
        return {count_, gate_.waiting()};
    }

private:
    detail::gate gate_;
    std::size_t count_;
};

TETHER_END_NAMESPACE

#endif
