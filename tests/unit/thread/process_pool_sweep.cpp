// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a pool lose a worker, a place or a child: at every stop, at every
/// failure, in other orders, under load?
#include "pool_load.hpp"

#include "support/sweeps.hpp"

#include <tether/testing/fault_sweep.hpp>

namespace {

using namespace process_test;

command worker() {
    return this_program("worker").err(stdio::null());
}

// Two calls at a time of two workers, one of which crashes.
task<> some_calls() {
    process_pool pool(worker(), {.workers = 2});
    auto const use = [&](process_pool&) -> task<> {
        auto const crash = [&]() -> task<> {
            try {
                static_cast<void>(co_await pool.call("exit"));
            } catch (worker_crashed const&) {
            }
        };
        auto const twice = [&]() -> task<> {
            static_cast<void>(co_await pool.call("ab"));
            static_cast<void>(co_await pool.call("cd"));
        };
        co_await when_all(crash(), twice());
    };
    co_await with(pool, use);
}

} // namespace

TEST_CASE("TH24 a stop at any checkpoint of a pool leaves no worker") {
    nothing_left const check;
    sweep_stops(some_calls, 10);
}

TEST_CASE("TH24 a failure of anything in a pool leaves no worker") {
    nothing_left const check;
    auto const clean = [] { return !has_children(); };
    auto const report = testing::fault_sweep(some_calls, clean);
    CHECK(report.points > 40);
}

TEST_CASE("TH24 other orders of the tasks of a pool make no difference") {
    nothing_left const check;
    auto const clean = [] { return !has_children(); };
    tether_test::explore_with_stops(5, some_calls, clean);
}

TEST_CASE("TH24 a pool under load, with crashes and stops, answers every call "
          "that it can") {
    nothing_left const check;
    for (int i = 0; i != 5; ++i)
        pool_under_load();
}
