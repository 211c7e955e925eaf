// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the testing kit share?
#ifndef TETHER_TESTS_UNIT_TESTING_TESTING_TEST_HPP
#define TETHER_TESTS_UNIT_TESTING_TESTING_TEST_HPP

#include "support/catch.hpp"
#include "support/event_log.hpp"

#include <tether/testing.hpp>
#include <tether/testing/catch2.hpp>
#include <tether/tether.hpp>

#include <chrono>
#include <string>

namespace testing_test {

using namespace std::chrono_literals;
using namespace tether;
using std::chrono::steady_clock;
using duration = steady_clock::duration;
using tether::testing::run_test;
using tether::testing::test_failure;
using tether_test::contains_text;
using tether_test::event_log;

// What the report of a failing test says.
template<class F>
std::string report_of(F&& fn, testing::test_options options = {}) {
    try {
        run_test(fn, options);
    } catch (test_failure const& failure) {
        return failure.what();
    }
    return "it passed";
}

} // namespace testing_test

#endif
