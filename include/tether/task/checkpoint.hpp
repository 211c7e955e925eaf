// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a long computation stay cancellable and fair? Explicit checkpoints.
#ifndef TETHER_TASK_CHECKPOINT_HPP
#define TETHER_TASK_CHECKPOINT_HPP

#include <tether/detail/config.hpp>
#include <tether/task/awaitable.hpp>

#include <source_location>

TETHER_BEGIN_NAMESPACE

namespace detail {

class yield_wait final : public wait {
public:
    bool ready() const noexcept { return false; }
    void start() noexcept {
        task_record& r = *record();
        r.next = step::resume;
        r.home->enqueue(r);
    }
    void result() const noexcept {}

    // Stands in the ready queue: the stop takes it over in place.
    abort_result abort() noexcept override {
        record()->next = step::unwind;
        return abort_result::pending;
    }
    char const* description() const noexcept override { return "its turn"; }
};

class check_wait final : public wait {
public:
    bool ready() const noexcept { return true; }
    void start() const noexcept {}
    void result() const noexcept {}
    abort_result abort() noexcept override { return abort_result::done; }
    char const* description() const noexcept override { return "a check"; }
};

template<class Wait>
class [[nodiscard]] plain_awaitable {
public:
    explicit plain_awaitable(std::source_location here) noexcept
        : where_(here) {}
    Wait connect() const noexcept { return Wait(); }
    std::source_location where() const noexcept { return where_; }

private:
    std::source_location where_;
};

} // namespace detail

/// Lets every other ready task run once, and is a checkpoint.
///
/// Completes when: the task's turn comes again.
/// On cancellation: stops here, also when the cancel comes while it waits for
/// its turn.
/// Example:
/// \code
/// for (auto const& row : table) {
///     work(row);
///     co_await checkpoint();
/// }
/// \endcode
[[nodiscard("co_await the checkpoint")]] inline auto checkpoint(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::plain_awaitable<detail::yield_wait>(here);
}

/// Stops the task if it is cancelled, otherwise costs a flag test; does not
/// yield until the task's budget of immediate completions is used up.
[[nodiscard("co_await the checkpoint")]] inline auto checkpoint_if_cancelled(
    std::source_location here = std::source_location::current()) noexcept {
    return detail::plain_awaitable<detail::check_wait>(here);
}

TETHER_END_NAMESPACE

#endif
