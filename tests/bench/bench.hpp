// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a workload measured? The same work for tether and for
/// asio::awaitable, in turn, in one process; the ratio of the medians counts.
#ifndef TETHER_TESTS_BENCH_BENCH_HPP
#define TETHER_TESTS_BENCH_BENCH_HPP

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// What one run of a workload did: its cost per unit in the row's unit.
using measure = std::function<double()>;

struct row {
    std::string id;   // "W1"
    std::string name; // "child call"
    std::string unit; // "ns"
    measure tether;
    measure asio; // empty: the limit is absolute
    double limit; // of the ratio, or absolute
};

// The workloads, each defined in a file of its own.
void add_calls(std::vector<row>&);
void add_spawns(std::vector<row>&);
void add_waits(std::vector<row>&);
void add_cancels(std::vector<row>&);
void add_timers(std::vector<row>&);
void add_semaphores(std::vector<row>&);
void add_streams(std::vector<row>&);
void add_wrappers(std::vector<row>&);
void add_threads(std::vector<row>&);

// Nanoseconds of `f()` per unit.
double time_per(std::size_t units, std::function<void()> const& f);

// Bytes the process has allocated, now and at most since reset_peak().
struct memory {
    static std::size_t live() noexcept;
    static std::size_t peak() noexcept;
    static void reset_peak() noexcept;
};

} // namespace bench

#endif
