// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a coroutine stay correct when something fails? Runs it once for each
/// thing that may fail, with a failure there.
#ifndef TETHER_TESTING_FAULT_SWEEP_HPP
#define TETHER_TESTING_FAULT_SWEEP_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/testing/detail/fault_injector.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/sweep_report.hpp>
#include <tether/testing/test_options.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// What fault_sweep() lets fail, and when it gives up.
struct fault_sweep_options {
    /// Memory for coroutine frames, children and Asio operations.
    bool frames = true;
    /// `operator new` in tasks, if the program replaces it by
    /// tether/testing/replace_new.hpp.
    bool heap = true;
    /// Operations awaited with use_task that would have succeeded and whose
    /// signature knows errors.
    bool completions = true;
    /// Copies and moves of throwing<T>.
    bool copies = true;
    /// The error of the completions; as `exception_ptr` a
    /// boost::system::system_error with it.
    boost::system::error_code completion_error =
        asio::error::make_error_code(asio::error::connection_reset);
    /// A run that passes more checkpoints is ended by force and counted as one
    /// that does not end.
    std::size_t max_checkpoints = 100'000;
    /// After so many points the sweep ends.
    std::size_t max_points = 100'000;
    /// After so many failed runs the sweep ends.
    std::size_t max_failures = 3;
    /// Clock and hang guard of each run.
    test_options test{};
};

/// Runs `fn` once for each thing in it that may fail, with a failure there.
///
/// The first run is undisturbed. In run k the k-th point fails: an allocation
/// with std::bad_alloc, a use_task operation with an error, a copy or move of
/// a throwing<T> with injected_fault. The sweep ends with the first run that
/// has no k-th point. Only what tasks do is counted. Each run must end, and
/// leave no task, frame or record; with what, a value or an error, is free.
/// After each run `invariant` is asked.
///
/// Parameters: like those of cancel_sweep().
/// Result: the number of points, and two runs more: the first and the last.
/// Errors: test_failure if a run failed. Its text names the point by its
/// number k, what failed there and in which task, and shows the tree of tasks
/// at that moment. An error of `fn` is a failure in the undisturbed run only.
/// Threads: any thread on which no loop runs.
/// Example:
/// ```
/// fault_sweep([&]() -> task<> { co_await import(rows, database); },
///             [&] { return database.open_transactions() == 0; });
/// ```
/// Source: the sweeps of SQLite's test harness over failing allocations.
template<class F, class Check = detail::no_invariant>
    requires tether::detail::coroutine_function<F&> &&
             detail::invariant_check<Check>
sweep_report fault_sweep(F fn, Check invariant = {},
                         fault_sweep_options options = {}) {
    detail::hooked_run const run =
        detail::make_hooked_run(fn, invariant, options.test);
    return detail::sweep_faults(run, {{options.frames, options.heap,
                                       options.completions, options.copies},
                                      options.completion_error,
                                      options.max_checkpoints,
                                      options.max_points,
                                      options.max_failures});
}

/// The same without an invariant.
template<class F>
    requires tether::detail::coroutine_function<F&>
sweep_report fault_sweep(F fn, fault_sweep_options options) {
    return fault_sweep(std::move(fn), detail::no_invariant(), options);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
