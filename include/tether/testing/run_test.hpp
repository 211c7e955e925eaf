// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test run a coroutine, with any test framework or with none? In
/// virtual time, on a loop of its own, and with a check that nothing of it is
/// left.
#ifndef TETHER_TESTING_RUN_TEST_HPP
#define TETHER_TESTING_RUN_TEST_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/testing/detail/test_body.hpp>
#include <tether/testing/test_failure.hpp>
#include <tether/testing/test_options.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Runs `fn()` as the main task of a test.
///
/// The test has an io_context and a loop of its own. Time is virtual: when all
/// tasks wait, it jumps to the next deadline. When `fn` has ended, what the
/// test started with spawn_background() is cancelled and joined.
///
/// Parameters: `fn` is a coroutine function, decay-copied, or a task.
/// Result: what the task returned.
/// Errors: what the task threw, unchanged; deadlock_error, with the task tree,
/// when nothing is left that could ever wake it; std::logic_error inside a
/// running loop. test_failure when the test took longer than its hang guard,
/// when tasks, frames or child records are left, when an outcome was dropped
/// with an error that nobody looked at, or when an error had nobody to go to.
/// Threads: any thread on which no loop runs.
/// Example:
/// ```
/// int const answer = run_test([]() -> task<int> {
///     co_await sleep_for(24h); // takes no time
///     co_return 42;
/// });
/// ```
/// Source: Kotlin's runTest, Trio's autojump clock.
template<class F>
    requires tether::detail::spawnable<F>
auto run_test(F&& fn, test_options const& options = {}) ->
    typename tether::detail::body_for<F>::value_type {
    using body = tether::detail::body_for<F>;
    body work(std::in_place, std::forward<F>(fn));
    return detail::run_test_body(
        detail::test_body<typename body::value_type>(work), options);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
