// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does every test of a coroutine use? The testing kit, a log of what
/// happened, a stopwatch.
#ifndef TETHER_TESTS_SUPPORT_TEST_CASE_HPP
#define TETHER_TESTS_SUPPORT_TEST_CASE_HPP

#include "support/catch.hpp"
#include "support/event_log.hpp"

#include <tether/task/checkpoint.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>
#include <tether/testing/catch2.hpp>
#include <tether/testing/run_test.hpp>
#include <tether/testing/virtual_clock.hpp>

#include <chrono>
#include <utility>

namespace tether_test {

using namespace std::chrono_literals;
using tether::testing::run_test;
using tether::testing::virtual_clock;

// run_test() for a function with arguments.
template<class F, class... Args>
auto run_virtual(F&& fn, Args&&... args) {
    using body = tether::detail::body_for<F, Args...>;
    body work(std::in_place, std::forward<F>(fn), std::forward<Args>(args)...);
    return run_test([&]() -> typename body::task_type { return work(); });
}

// Virtual time since `start`, in a form CHECK prints well.
class stopwatch {
public:
    stopwatch() : start_(tether::this_task::now()) {}
    std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            tether::this_task::now() - start_);
    }

private:
    std::chrono::steady_clock::time_point start_;
};

} // namespace tether_test

// Compiled once, in test_case.cpp, unless a file is a program of its own.
#ifndef TETHER_TEST_ALONE
extern template void
tether::testing::detail::run_test_body(tether::testing::detail::test_body<void>,
                                       tether::testing::test_options const&);
#endif

#endif
