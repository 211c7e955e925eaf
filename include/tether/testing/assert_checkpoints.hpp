// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Can this block be stopped? A test that asserts that it passes a checkpoint,
/// or that it passes none.
#ifndef TETHER_TESTING_ASSERT_CHECKPOINTS_HPP
#define TETHER_TESTING_ASSERT_CHECKPOINTS_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/detail/hooks_guard.hpp>
#include <tether/testing/test_failure.hpp>

#include <cstddef>
#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

// Counts the checkpoints of one scope and of all that run below it.
class checkpoint_counter final : public test_hooks {
public:
    explicit checkpoint_counter(tether::detail::scope_node const& within)
        : within_(&within) {}

    std::size_t passed() const noexcept { return passed_; }
    std::source_location first() const noexcept { return first_; }

    void checkpoint(tether::detail::task_record& record) noexcept override {
        tether::detail::scope_node const* at = record.inner();
        while (at && at != within_)
            at = at->parent();
        if (at && passed_++ == 0 && record.leaf())
            first_ = record.leaf()->where;
        test_hooks::checkpoint(record);
    }

private:
    tether::detail::scope_node const* within_;
    std::size_t passed_ = 0;
    std::source_location first_{};
};

inline void check_passed(checkpoint_counter const& counter, bool expected,
                         std::source_location where) {
    if (expected == (counter.passed() != 0))
        return;
    std::string report = "the block at ";
    tether::detail::append_place(report, where);
    if (expected) {
        report += " passed no checkpoint: a task in it cannot be stopped there";
    } else {
        report += " passed a checkpoint at ";
        tether::detail::append_place(report, counter.first());
    }
    throw test_failure(report + "\n");
}

// `F` is a reference for a body that is used in place.
template<class T, class F>
task<T> count_checkpoints(F body, bool expected, std::source_location where) {
    cancel_scope scope;
    checkpoint_counter counter(tether::detail::scope_access::node(scope));
    hooks_guard const guard(*tether::detail::running_loop(), counter);
    auto work = [&]() -> task<T> { return std::invoke(body); };
    if constexpr (std::is_void_v<T>) {
        co_await with_cancel_scope(scope, work);
        check_passed(counter, expected, where);
    } else {
        auto result = co_await with_cancel_scope(scope, work);
        check_passed(counter, expected, where);
        if constexpr (std::is_reference_v<T>)
            co_return static_cast<T>(result->get());
        else
            co_return std::move(*result);
    }
}

template<class F>
using block_value_t = tether::detail::task_value_t<
    std::invoke_result_t<std::remove_reference_t<F>&>>;

} // namespace detail

/// Runs `block()` and fails the test unless it passes at least one checkpoint,
/// whether or not it had to wait there. Children and legs that run within the
/// block count.
///
/// Parameters: `block` is a coroutine function; an lvalue is used in place.
/// Result: what the block returned.
/// Errors: test_failure with the place of the assertion; what the block throws.
/// Completes when: the block has ended. A checkpoint where the block is.
/// On cancellation: the block is stopped.
/// Example:
/// ```
/// co_await assert_checkpoints([&]() -> task<> {
///     auto const permit = co_await limit.acquire(); // free, no wait
/// });
/// ```
/// Source: Trio's assert_checkpoints.
template<class F>
[[nodiscard("co_await the block")]] auto assert_checkpoints(
    F&& block, std::source_location where = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::count_checkpoints<detail::block_value_t<F>, F>(
        std::forward<F>(block), true, where);
}

/// The same, and fails the test if the block passes a checkpoint: for steps
/// that belong together.
template<class F>
[[nodiscard("co_await the block")]] auto assert_no_checkpoints(
    F&& block, std::source_location where = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::count_checkpoints<detail::block_value_t<F>, F>(
        std::forward<F>(block), false, where);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
