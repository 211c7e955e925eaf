// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// Prints what each workload costs with tether and with asio::awaitable of the
// same Boost, and the ratio of the medians. With --check the exit code is 1
// when a row misses its limit. Never part of ctest: a timed test is a lie.

#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

double time_per(std::size_t units, std::function<void()> const& f) {
    auto const begin = std::chrono::steady_clock::now();
    f();
    std::chrono::duration<double, std::nano> const took =
        std::chrono::steady_clock::now() - begin;
    return took.count() / static_cast<double>(units);
}

} // namespace bench

namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
    bool check = false;
    int sweeps = 5;
    std::string only;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--check") == 0) {
            check = true;
        } else if (std::strncmp(argv[i], "--sweeps=", 9) == 0 &&
                   std::atoi(argv[i] + 9) > 0) {
            sweeps = std::atoi(argv[i] + 9);
        } else if (std::strncmp(argv[i], "--only=", 7) == 0) {
            only = argv[i] + 7;
        } else {
            std::fprintf(stderr,
                         "usage: bench [--check] [--sweeps=N] "
                         "[--only=W2]; not understood: %s\n",
                         argv[i]);
            return 2;
        }
    }

    std::vector<bench::row> rows;
    bench::add_calls(rows);
    bench::add_spawns(rows);
    bench::add_waits(rows);
    bench::add_cancels(rows);
    bench::add_timers(rows);
    bench::add_semaphores(rows);
    bench::add_streams(rows);
    bench::add_wrappers(rows);
    bench::add_threads(rows);

    std::printf("%-4s %-34s %12s %12s %8s %8s\n", "", "workload", "tether",
                "awaitable", "ratio", "reach");
    int missed = 0;
    for (bench::row const& r : rows) {
        if (!only.empty() && r.id != only)
            continue;
        std::vector<double> ours;
        std::vector<double> theirs;
        for (int s = 0; s < sweeps; ++s) {
            ours.push_back(r.tether());
            if (r.asio)
                theirs.push_back(r.asio());
        }
        double const a = median(ours);
        double const b = r.asio ? median(theirs) : 0;
        double const reached = r.asio ? a / b : a;
        bool const ok = reached <= r.limit;
        missed += ok ? 0 : 1;
        char other[32] = "";
        char ratio[32] = "";
        if (r.asio) {
            std::snprintf(other, sizeof other, "%.1f %s", b, r.unit.c_str());
            std::snprintf(ratio, sizeof ratio, "%.3f", reached);
        }
        std::printf("%-4s %-34s %9.1f %-2s %12s %8s %8.3g %s\n", r.id.c_str(),
                    r.name.c_str(), a, r.unit.c_str(), other, ratio, r.limit,
                    ok ? "" : "MISSED");
        std::fflush(stdout);
    }
    if (missed != 0)
        std::printf("%d rows missed\n", missed);
    return check && missed != 0 ? 1 : 0;
}
