// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W13: what an uncontended limiter, breaker or retry adds to a call, against
// two reads of the clock, which any such wrapper would need.

#include "bench.hpp"

#include <tether/resilience/circuit_breaker.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/task/run.hpp>

#include <chrono>
#include <cstddef>

namespace {

using namespace tether;
using namespace std::chrono_literals;

constexpr std::size_t calls = 1'000'000;

task<int> operation(int n) {
    co_return n;
}

// Nanoseconds per turn of `body(n)`, which is awaited.
template<class F>
double per_call(F body) {
    return bench::time_per(calls, [&] {
        run([&]() -> task<> {
            for (std::size_t i = 0; i != calls; ++i)
                co_await body(static_cast<int>(i));
        });
    });
}
double bare() {
    static double const cost =
        per_call([](int n) { return operation(n); }); // once is enough
    return cost;
}

double limited() {
    rate_limiter limiter(per_second(1e9), burst{calls});
    return per_call([&](int) { return limiter.acquire(); });
}
double broken() {
    circuit_breaker breaker;
    auto const work = [] { return operation(1); };
    return per_call([&](int) { return breaker.call(work); }) - bare();
}
double retried() {
    retry_policy const policy;
    auto const work = [] { return operation(1); };
    return per_call([&](int) { return retry(policy, work); }) - bare();
}

double two_clock_reads() {
    volatile std::chrono::steady_clock::rep sink = 0;
    return bench::time_per(calls, [&] {
        for (std::size_t i = 0; i != calls; ++i) {
            auto const begin = std::chrono::steady_clock::now();
            auto const end = std::chrono::steady_clock::now();
            sink = (end - begin).count();
        }
    });
}

} // namespace

void bench::add_wrappers(std::vector<row>& rows) {
    rows.push_back({"W13", "limiter, against two clock reads", "ns", limited,
                    two_clock_reads, 1.0});
    rows.push_back({"W13", "breaker, against two clock reads", "ns", broken,
                    two_clock_reads, 1.0});
    rows.push_back({"W13", "retry, against two clock reads", "ns", retried,
                    two_clock_reads, 1.0});
}
