// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test fail when its body found nothing wrong? With the exception
/// that says what it left behind, or where it hung.
#ifndef TETHER_TESTING_TEST_FAILURE_HPP
#define TETHER_TESTING_TEST_FAILURE_HPP

#include <tether/detail/config.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// A test broke a rule that holds for every test: it hung, left tasks or frames
/// behind, or lost an error. what() is the whole report, with the task tree.
class test_failure : public std::runtime_error {
public:
    /// Parameters: `report` for people; `error` is what the body of the test
    /// threw, null if it ended well.
    explicit test_failure(std::string const& report,
                          std::exception_ptr error = nullptr)
        : std::runtime_error(report), error_(std::move(error)) {}

    /// What the body of the test threw besides, or null.
    std::exception_ptr const& error() const noexcept { return error_; }

private:
    std::exception_ptr error_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
