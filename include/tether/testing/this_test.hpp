// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the running test know of itself? Its clock, its time limit, and
/// the errors that nobody received so far.
#ifndef TETHER_TESTING_THIS_TEST_HPP
#define TETHER_TESTING_THIS_TEST_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/detail/session_of.hpp>
#include <tether/testing/virtual_clock.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Plain functions for the code of a test. All throw std::logic_error outside
/// of run_test().
namespace this_test {

/// The virtual clock of the test.
///
/// Errors: std::logic_error when the test runs in real time.
inline virtual_clock& clock() {
    return detail::this_clock("this_test::clock()");
}

/// The test is taken to hang after this much real time from now on; zero for no
/// limit. In place of test_options::hang_guard, for a test case that has no
/// options.
///
/// Errors: std::invalid_argument for a negative limit.
inline void hang_guard(std::chrono::steady_clock::duration limit) {
    if (limit < std::chrono::steady_clock::duration::zero())
        throw std::invalid_argument("this_test::hang_guard(): the limit is "
                                    "negative");
    detail::this_session("this_test::hang_guard()").driver().guard(limit);
}

/// The errors so far that nobody received: of outcomes that were dropped
/// unread, of completions that threw. They are taken off the test, which would
/// fail for each of them.
///
/// Example:
/// ```
/// { auto lost = co_await as_outcome(failing()); } // never looked at
/// auto const errors = this_test::take_unhandled_errors();
/// CHECK(errors.size() == 1);
/// ```
[[nodiscard("whoever takes an error looks at it")]] inline std::vector<
    std::exception_ptr>
take_unhandled_errors() {
    std::vector<std::exception_ptr> taken;
    for (auto& unhandled :
         std::exchange(detail::this_session("take_unhandled_errors()")
                           .findings()
                           .unhandled,
                       {}))
        taken.push_back(std::move(unhandled.error));
    return taken;
}

} // namespace this_test

} // namespace testing
TETHER_END_NAMESPACE

#endif
