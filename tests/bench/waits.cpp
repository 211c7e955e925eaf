// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W3: what a child costs in memory while it waits for an event.

#include "bench.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>

#include <functional>
#include <thread>

namespace {

constexpr std::size_t children = 1'000'000;

tether::task<> waiter(tether::event& e) {
    co_await e.wait();
}

tether::task<double> bytes_per_waiter() {
    tether::event go;
    double bytes = 0;
    co_await tether::with_task_group(
        [&](tether::task_group& g) -> tether::task<> {
            std::size_t const before = bench::memory::live();
            for (std::size_t i = 0; i < children; ++i)
                g.spawn(waiter, std::ref(go));
            co_await tether::checkpoint();
            bytes = static_cast<double>(bench::memory::live() - before) /
                    static_cast<double>(children);
            go.set();
        });
    co_return bytes;
}

} // namespace

void bench::add_waits(std::vector<row>& rows) {
    rows.push_back(
        {"W3",
         "child suspended on an event",
         "B",
         [] {
             double bytes = 0;
             // A thread of its own starts with an empty pool.
             std::thread([&] { bytes = tether::run(bytes_per_waiter); }).join();
             return bytes;
         },
         {},
         208});
}
