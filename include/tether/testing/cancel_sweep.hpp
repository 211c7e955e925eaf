// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is a coroutine safe to cancel? Runs it once for each of its checkpoints,
/// with a stop there.
#ifndef TETHER_TESTING_CANCEL_SWEEP_HPP
#define TETHER_TESTING_CANCEL_SWEEP_HPP

#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/detail/stop_injector.hpp>
#include <tether/testing/sweep_report.hpp>
#include <tether/testing/test_failure.hpp>
#include <tether/testing/test_options.hpp>

#include <cstddef>
#include <functional>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// When the stop comes.
enum class stop_moment : unsigned char {
    /// As the task arrives at the checkpoint: what it wanted is not even begun.
    entry,
    /// When the task has had its turn: what it began is in flight, or a later
    /// checkpoint has been reached.
    waiting,
};

/// Whom the stop is for.
enum class stop_target : unsigned char {
    root, ///< the whole body, as a signal or a deadline around it would
    task, ///< only the task at the checkpoint, as its handle would
};

/// How cancel_sweep() stops, and when it gives up.
struct cancel_sweep_options {
    /// When the stop comes.
    stop_moment moment = stop_moment::entry;
    /// Whom it is for.
    stop_target target = stop_target::root;
    /// Whether a stopped run may end with an error. Of a stopped single task
    /// the others may see an error, so it always may.
    bool errors_allowed = false;
    /// A run that passes more checkpoints is ended by force and counted as one
    /// that does not end.
    std::size_t max_checkpoints = 100'000;
    /// After so many failed runs the sweep ends.
    std::size_t max_failures = 3;
    /// Clock and hang guard of each run.
    test_options test{};
};

/// Runs `fn` once for each checkpoint that it passes, with a stop there.
///
/// The first run is undisturbed and counts the N checkpoints of all tasks, also
/// those that complete at once. In run k the k-th of them stops the body. Each
/// run is a test of its own, like run_test(): it must end, and leave no task,
/// frame or record. After each run `invariant` is asked.
///
/// Parameters: `fn` is a coroutine function, copied for each run, so that a
/// mutable closure starts anew; `invariant` says by throwing or by answering
/// false that something is wrong, say that a permit is missing. Both refer to
/// what outlives the sweep.
/// Result: N + 1 runs and N points.
/// Errors: test_failure if a run failed. Its text names the checkpoint by its
/// number k and by file and line, and shows the tree of tasks at the moment of
/// the stop. An error that `fn` throws counts as a failure: a stop is none.
/// Threads: any thread on which no loop runs.
/// Example:
/// ```
/// cancel_sweep([&]() -> task<> { co_await transfer(from, to, 10); },
///              [&] { return from.balance() + to.balance() == 100; });
/// ```
/// Source: the sweeps of SQLite's test harness over failing allocations.
template<class F, class Check = detail::no_invariant>
    requires tether::detail::coroutine_function<F&> &&
             detail::invariant_check<Check>
sweep_report cancel_sweep(F fn, Check invariant = {},
                          cancel_sweep_options options = {}) {
    detail::hooked_run const run =
        detail::make_hooked_run(fn, invariant, options.test);
    return detail::sweep_stops(
        run, {options.moment == stop_moment::waiting,
              options.target == stop_target::task,
              options.errors_allowed || options.target == stop_target::task,
              options.max_checkpoints, options.max_failures});
}

/// The same without an invariant.
template<class F>
    requires tether::detail::coroutine_function<F&>
sweep_report cancel_sweep(F fn, cancel_sweep_options options) {
    return cancel_sweep(std::move(fn), detail::no_invariant(), options);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
