// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W14: how long it takes to have a function called elsewhere and to come home:
// on a thread, on a pool, in a worker process. The peer posts to a thread_pool
// and back. Most of it is two wake-ups by the system; run.sh counts the rest.
// W15: two children that compute, on two loops against one.

#include "away.hpp"
#include "bench.hpp"

#include <tether/scope/with.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/run.hpp>
#include <tether/thread/loop_pool.hpp>
#include <tether/thread/process_pool.hpp>
#include <tether/thread/spawn_on.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace tether;

constexpr std::size_t calls = 20'000;

// cat answers a frame with the same frame.
double in_process() {
    process_pool pool(command("cat"), {.workers = 1});
    return run([&]() -> task<double> {
        co_return co_await with(pool, [](process_pool& open) -> task<double> {
            std::string text = co_await open.call("100 bytes or so");
            bench::away::clock const since;
            for (std::size_t i = 0; i != calls; ++i)
                text = co_await open.call(text);
            co_return since.per_call(calls);
        });
    });
}

task<std::uint64_t> compute(std::uint64_t x) {
    for (int i = 0; i != 30'000'000; ++i)
        x = x * 6364136223846793005U + 1442695040888963407U;
    co_return x;
}
double on_loops(std::size_t loops) {
    loop_pool pool(loops);
    return run([&]() -> task<double> {
        std::uint64_t volatile sink = 0;
        bench::away::clock const since;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto one = spawn_on(group, pool, compute, std::uint64_t{1});
            auto two = spawn_on(group, pool, compute, std::uint64_t{2});
            sink = co_await one;
            sink = co_await two;
        });
        co_return since.per_call(1'000'000);
    });
}

} // namespace

void bench::add_threads(std::vector<row>& rows) {
    auto const on_thread = [] { return away::on_thread(calls); };
    auto const on_pool = [] { return away::on_pool(calls); };
    auto const by_asio = [] { return away::by_asio(calls); };
    rows.push_back(
        {"W14", "to_thread and back", "ns", on_thread, by_asio, 1.25});
    rows.push_back(
        {"W14", "run_on a pool and back", "ns", on_pool, by_asio, 1.25});
    rows.push_back({"W14", "process_pool, against to_thread", "ns", in_process,
                    on_thread, 4.0});
    rows.push_back({"W15", "two computations, on two loops", "ms",
                    [] { return on_loops(2); }, [] { return on_loops(1); },
                    0.6});
}
