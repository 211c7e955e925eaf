// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a program that runs for months grow? A million jobs leave no more
/// memory behind than a hundred thousand.
#include "support/test_case.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/runner.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <stdexcept>

// Sanitizers keep what was freed, and what they know of it.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) &&                    \
    !defined(__SANITIZE_THREAD__)
namespace {

using namespace tether;

long resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    long all = 0;
    long resident = 0;
    statm >> all >> resident;
    if (!statm)
        throw std::runtime_error("/proc/self/statm cannot be read");
    return resident * ::sysconf(_SC_PAGESIZE);
}

task<> job(int n) {
    co_await checkpoint();
    if (n % 100 == 0)
        throw std::runtime_error("one in a hundred fails");
}

} // namespace

TEST_CASE("a million jobs of a server that runs on leave no more memory behind "
          "than a hundred thousand") {
    long early = 0;
    long late = 0;
    std::size_t failures = 0;
    std::size_t most = 0;
    auto const server = [&]() -> task<> {
        task_group_options options;
        options.policy = group_policy::supervise;
        options.max_children = 100;
        co_await with_task_group(options, [&](task_group& jobs) -> task<> {
            for (int i = 0; i != 1'000'000; ++i) {
                auto const dropped = co_await jobs.spawn_when_ready(job, i);
                most = std::max(most, jobs.size());
                if (i == 100'000)
                    early = resident_bytes();
            }
            late = resident_bytes();
        });
    };
    runner r;
    r.on_unhandled_error([&](auto const&...) { ++failures; });
    r.run(server);
    CHECK(failures == 10'000);
    CHECK(most == 100);
    CHECK(late - early < 1024 * 1024);
}
#endif
