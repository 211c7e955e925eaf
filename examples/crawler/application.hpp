// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the program do with its options? Site, signals, progress, crawl
/// and report, as one tree of tasks.
#ifndef TETHER_EXAMPLES_CRAWLER_APPLICATION_HPP
#define TETHER_EXAMPLES_CRAWLER_APPLICATION_HPP

#include "options.hpp"

#include <tether/task/task.hpp>

namespace crawler {

/// Exit codes besides 128 + the number of the signal.
enum exit_code : int {
    all_fetched = 0,
    some_failed = 1,
    input_was_bad = 2,
    deadline_passed = 3,
    broken = 70, ///< an error of the program or of the machine
};

/// Result: the exit code.
/// Errors: bad_input.
/// Completes when: the report is printed.
tether::task<int> application(options chosen);

} // namespace crawler

#endif
