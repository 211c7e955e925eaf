// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Tasks that compute, on two cores: a task stays on its loop, but a group may
// have children on several. One join and one cancel hold for all of them.
#include <tether/tether.hpp>

#include <cstdio>
#include <functional>
#include <latch>
#include <stdexcept>

using tether::task, tether::task_group;

bool is_prime(int n) {
    for (int i = 2; i * i <= n; ++i)
        if (n % i == 0)
            return false;
    return n > 1;
}

// Blocks its own loop until the other one is there too: they do overlap.
task<int> count_primes(int from, int to, std::latch& all_begun) {
    all_begun.arrive_and_wait();
    int found = 0;
    for (int n = from; n != to; ++n) {
        if (is_prime(n))
            ++found;
        if (n % 1000 == 0)
            co_await tether::checkpoint(); // a cancel is heard here
    }
    co_return found;
}

task<int> on_two_loops(tether::loop_pool& loops, int limit) {
    std::latch all_begun(2); // lives longer than the group
    co_return co_await tether::with_task_group(
        [&](task_group& group) -> task<int> {
            auto low = tether::spawn_on(group, loops, count_primes, 0,
                                        limit / 2, std::ref(all_begun));
            auto high = tether::spawn_on(group, loops, count_primes, limit / 2,
                                         limit, std::ref(all_begun));
            int const below = co_await low;
            int const above = co_await high;
            co_return below + above;
        });
}

// The error of one is the end of the other, wherever they run.
task<> fails_on_one(tether::loop_pool& loops) {
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        tether::spawn_on(group, loops, []() -> task<> {
            for (;;) // computes for ever
                co_await tether::checkpoint();
        });
        tether::spawn_on(group, loops, []() -> task<> {
            co_await tether::checkpoint();
            throw std::runtime_error("out of numbers");
        });
        co_return;
    });
}

task<> async_main(tether::loop_pool& loops) {
    int const found = co_await on_two_loops(loops, 100'000);
    std::printf("%d primes below 100000, counted on %zu loops at once\n", found,
                loops.size());
    try {
        co_await fails_on_one(loops);
    } catch (tether::exception_group const& errors) {
        std::printf("%s, so both have ended\n",
                    errors.first<std::runtime_error>()->what());
    }
}

int main() {
    tether::loop_pool loops(2);
    tether::run(async_main, std::ref(loops));
}
