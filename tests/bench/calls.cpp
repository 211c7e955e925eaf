// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W1: awaiting a trivial child coroutine. W8: yielding.

#include "bench.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace {

constexpr int calls = 1'000'000;
constexpr int tasks = 1'000;
constexpr int yields = 200;

tether::task<int> leaf(int n) {
    co_return n;
}
tether::task<> call_many() {
    int sum = 0;
    for (int i = 0; i < calls; ++i)
        sum += co_await leaf(i & 1);
    if (sum < 0)
        std::abort();
}

asio::awaitable<int> asio_leaf(int n) {
    co_return n;
}
asio::awaitable<void> asio_call_many() {
    int sum = 0;
    for (int i = 0; i < calls; ++i)
        sum += co_await asio_leaf(i & 1);
    if (sum < 0)
        std::abort();
}

void run_asio(asio::awaitable<void> work) {
    asio::io_context io(1);
    asio::co_spawn(io, std::move(work), asio::detached);
    io.run();
}

tether::task<> yielder() {
    for (int i = 0; i < yields; ++i)
        co_await tether::checkpoint();
}
tether::task<> yield_many() {
    co_await tether::with_task_group(
        [](tether::task_group& g) -> tether::task<> {
            for (int i = 0; i < tasks; ++i)
                g.spawn(yielder);
            co_return;
        });
}

asio::awaitable<void> asio_yielder() {
    auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < yields; ++i)
        co_await asio::post(executor, asio::use_awaitable);
}

} // namespace

void bench::add_calls(std::vector<row>& rows) {
    rows.push_back(
        {"W1", "child call", "ns",
         [] { return time_per(calls, [] { tether::run(call_many); }); },
         [] { return time_per(calls, [] { run_asio(asio_call_many()); }); },
         0.75});
    rows.push_back(
        {"W8", "yield, 1,000 tasks", "ns",
         [] {
             return time_per(tasks * yields, [] { tether::run(yield_many); });
         },
         [] {
             return time_per(tasks * yields, [] {
                 asio::io_context io(1);
                 for (int i = 0; i < tasks; ++i)
                     asio::co_spawn(io, asio_yielder(), asio::detached);
                 io.run();
             });
         },
         0.35});
}
