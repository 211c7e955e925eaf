// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a program depend on the order in which its tasks run? Runs it in many
/// orders, each of which can be run again.
#ifndef TETHER_TESTING_EXPLORE_HPP
#define TETHER_TESTING_EXPLORE_HPP

#include <tether/detail/config.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/testing/detail/explorer.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/test_options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Which orders explore() tries: one random order per seed.
struct seeds {
    /// How many seeds.
    std::size_t count = 1000;
    /// The first seed; the others follow.
    std::uint64_t first = 1;
};

/// Which orders explore() tries: all, until a bound is reached.
struct exhaustive {
    /// After so many orders the exploration ends unfinished.
    std::size_t max_runs = 100'000;
};

/// Which order explore() tries: one that a report has named.
///
/// Invariant: names one order of one body; another body may have others.
/// Example:
/// ```
/// explore(replay{17}, transfer_between_accounts);
/// ```
class replay {
public:
    /// The order of a seed.
    explicit replay(std::uint64_t seed) : name_(std::to_string(seed)) {}
    /// The order with the name that a report gives it, say "17" or "x0.2.1".
    explicit replay(std::string name) : name_(std::move(name)) {}

    /// The name of the order.
    std::string const& name() const noexcept { return name_; }

private:
    std::string name_;
};

/// What explore() varies, and when it gives up.
struct explore_options {
    /// Also stops each run at a checkpoint that the seed chooses; such a run
    /// may end with a stop.
    bool stops = false;
    /// Also starts children of groups at once, up to their first wait, if the
    /// order says so.
    bool eager = false;
    /// Whether a run may end with an error.
    bool errors_allowed = false;
    /// How many ready tasks or equal timers an order chooses among.
    std::size_t window = 64;
    /// A run with more turns of tasks is ended by force and counted as one that
    /// does not end.
    std::size_t max_turns = 1'000'000;
    /// Clock and hang guard of each run.
    test_options test{};
};

/// What explore() tried without finding anything.
struct explore_report {
    /// How often the body ran.
    std::size_t runs = 0;
    /// Whether these were all orders there are. Never known of random ones.
    bool complete = false;
};

namespace detail {

inline order_plan plan_of(explore_options const& options) noexcept {
    return {options.stops, options.eager, options.errors_allowed,
            options.window, options.max_turns};
}

} // namespace detail

/// Runs `fn` in many orders of its ready tasks and of timers due at one
/// instant.
///
/// Each run is a test of its own, like run_test(): it must end, and leave no
/// task, frame or record. After each run `invariant` is asked. The same order
/// gives the same run, as long as `fn` depends on nothing else, such as sockets
/// or other threads. If the environment has TETHER_SEED, only the order with
/// that name is run.
///
/// Parameters: the orders to try; `fn` and `invariant` like those of
/// cancel_sweep().
/// Result: the number of runs, and whether these were all orders.
/// Errors: test_failure for the first run that fails, with the name of its
/// order and the way to run it again. An error that `fn` throws is a failure.
/// std::invalid_argument for a name that is none.
/// Threads: any thread on which no loop runs.
/// Example:
/// ```
/// explore(seeds{1000}, [&]() -> task<> { co_await transfer(from, to, 10); },
///         [&] { return from.balance() + to.balance() == 100; });
/// ```
/// Source: Lincheck, Loom, and Trio's deterministic scheduling.
/// \{
template<class F, class Check = detail::no_invariant>
    requires tether::detail::coroutine_function<F&> &&
             detail::invariant_check<Check>
explore_report explore(seeds orders, F fn, Check invariant = {},
                       explore_options options = {}) {
    detail::explorer e(detail::make_hooked_run(fn, invariant, options.test),
                       detail::plan_of(options));
    if (!e.try_environment())
        e.try_seeds(orders.first, orders.count);
    return {e.runs(), false};
}
template<class F, class Check = detail::no_invariant>
    requires tether::detail::coroutine_function<F&> &&
             detail::invariant_check<Check>
explore_report explore(exhaustive orders, F fn, Check invariant = {},
                       explore_options options = {}) {
    detail::explorer e(detail::make_hooked_run(fn, invariant, options.test),
                       detail::plan_of(options));
    bool const complete = !e.try_environment() && e.try_all(orders.max_runs);
    return {e.runs(), complete};
}
template<class F, class Check = detail::no_invariant>
    requires tether::detail::coroutine_function<F&> &&
             detail::invariant_check<Check>
explore_report explore(replay const& order, F fn, Check invariant = {},
                       explore_options options = {}) {
    detail::explorer e(detail::make_hooked_run(fn, invariant, options.test),
                       detail::plan_of(options));
    e.try_named(order.name());
    return {e.runs(), false};
}
template<class Orders, class F>
    requires tether::detail::coroutine_function<F&>
explore_report explore(Orders const& orders, F fn, explore_options options) {
    return explore(orders, std::move(fn), detail::no_invariant(), options);
}
/// \}

} // namespace testing
TETHER_END_NAMESPACE

#endif
