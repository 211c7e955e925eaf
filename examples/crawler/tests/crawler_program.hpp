// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test run the crawler as its users do?
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_CRAWLER_PROGRAM_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_CRAWLER_PROGRAM_HPP

#include "support/child_process.hpp"

#include <string>
#include <vector>

namespace crawler_test {

/// The crawler, running.
class crawler_process : public tether_test::child_process {
public:
    explicit crawler_process(std::vector<std::string> const& arguments,
                             stderr_is kind = stderr_is::file)
        : child_process(CRAWLER_PROGRAM, arguments, kind) {}
};

/// Runs it to the end.
[[nodiscard]] inline tether_test::ended
run_crawler(std::vector<std::string> const& arguments) {
    return tether_test::run_program(CRAWLER_PROGRAM, arguments);
}

} // namespace crawler_test

#endif
