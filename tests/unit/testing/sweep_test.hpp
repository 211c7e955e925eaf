// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of sweeps and explorations share? How to see that one
/// fails, and with which words.
#ifndef TETHER_TESTS_UNIT_TESTING_SWEEP_TEST_HPP
#define TETHER_TESTS_UNIT_TESTING_SWEEP_TEST_HPP

#include "support/catch.hpp"

#include <tether/combine.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>
#include <tether/testing.hpp>

#include <chrono>
#include <string>

namespace tether_test {

using namespace std::chrono_literals;

// The report of a verb that finds something; empty if it finds nothing.
template<class F>
std::string failure_of(F&& verb) {
    try {
        verb();
    } catch (tether::testing::test_failure const& failure) {
        return failure.what();
    }
    return {};
}

inline bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace tether_test

#endif
