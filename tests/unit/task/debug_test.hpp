// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of debug mode share? A runner in virtual time that keeps
/// what it was told.
#ifndef TETHER_TESTS_UNIT_TASK_DEBUG_TEST_HPP
#define TETHER_TESTS_UNIT_TASK_DEBUG_TEST_HPP

#include "unit/asio/asio_test.hpp"

#include <chrono>
#include <source_location>
#include <string>
#include <vector>

namespace tether_test {

using tether::debug_finding, tether::debug_mode, tether::debug_report;

// What was told, with the name of the task in a string of its own.
struct told {
    debug_finding what;
    std::string task;
    std::source_location where;
    std::chrono::steady_clock::duration duration;
    std::string text;
};

// A runner that keeps what it was told.
class debugged {
public:
    explicit debugged(tether::debug_options options,
                      tether::clock_source* clock)
        : runner_(with(options, clock)) {
        runner_.on_debug_report([this](debug_report const& r) {
            reports.push_back(
                {r.what, std::string(r.task), r.where, r.duration, r.text});
        });
    }
    tether::runner* operator->() { return &runner_; }

    std::vector<told> reports;

private:
    static tether::run_options with(tether::debug_options options,
                                    tether::clock_source* clock) {
        tether::run_options all;
        all.debug = options;
        all.clock = clock;
        return all;
    }

    tether::runner runner_;
};

// On, without the thread.
inline tether::debug_options without_thread() {
    tether::debug_options options;
    options.mode = debug_mode::on;
    options.blocked_step = 0s;
    return options;
}

} // namespace tether_test

#endif
