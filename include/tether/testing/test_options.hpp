// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a test run? With which clock, how long at most, how strictly.
#ifndef TETHER_TESTING_TEST_OPTIONS_HPP
#define TETHER_TESTING_TEST_OPTIONS_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/virtual_clock.hpp>

#include <chrono>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// How run_test() runs a test.
struct test_options {
    /// The name of the test for its reports; static storage.
    char const* name = "";
    /// How the virtual clock moves.
    virtual_clock_options clock{};
    /// Whether the test runs by the steady clock instead.
    bool real_time = false;
    /// The real time after which the test is taken to hang; zero for no limit.
    std::chrono::steady_clock::duration hang_guard = std::chrono::seconds(60);
    /// Whether the children of groups run to their first wait when they are
    /// spawned: a second order in which a program has to be right.
    bool eager = false;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
