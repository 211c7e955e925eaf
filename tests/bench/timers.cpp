// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// W5: 10^5 sleeps at a time, and a deadline around an asynchronous operation
// that does not fire.

#include "bench.hpp"

#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <ctime>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int sleepers = 100'000;
constexpr int deadlines = 100'000;

// Processor time: most of the wall time of a sleep is sleeping.
double cpu_per(int units, void (*f)()) {
    auto const now = [] {
        timespec t{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) * 1e9 +
               static_cast<double>(t.tv_nsec);
    };
    double const begin = now();
    f();
    return (now() - begin) / units;
}

std::chrono::microseconds nap(int i) {
    return 20ms + std::chrono::microseconds((i * 7919) % 20'000);
}

tether::task<> sleeper(int i) {
    co_await tether::sleep_for(nap(i));
}
tether::task<> sleep_all() {
    co_await tether::with_task_group(
        [](tether::task_group& g) -> tether::task<> {
            for (int i = 0; i < sleepers; ++i)
                g.spawn(sleeper, i);
            co_return;
        });
}

asio::awaitable<void> asio_sleeper(int i) {
    asio::steady_timer timer(co_await asio::this_coro::executor, nap(i));
    co_await timer.async_wait(asio::use_awaitable);
}

tether::task<> deadline_loop() {
    for (int i = 0; i < deadlines; ++i)
        co_await tether::fail_after(1h, tether::checkpoint());
}

asio::awaitable<void> asio_deadline_loop() {
    using namespace asio::experimental::awaitable_operators;
    auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < deadlines; ++i) {
        asio::steady_timer timer(executor, 1h);
        co_await (asio::post(executor, asio::use_awaitable) ||
                  timer.async_wait(asio::use_awaitable));
    }
}

} // namespace

void bench::add_timers(std::vector<row>& rows) {
    rows.push_back(
        {"W5", "10^5 sleeps, processor time", "ns",
         [] { return cpu_per(sleepers, [] { tether::run(sleep_all); }); },
         [] {
             return cpu_per(sleepers, [] {
                 asio::io_context io(1);
                 for (int i = 0; i < sleepers; ++i)
                     asio::co_spawn(io, asio_sleeper(i), asio::detached);
                 io.run();
             });
         },
         0.40});
    rows.push_back(
        {"W5", "deadline that does not fire", "ns",
         [] { return time_per(deadlines, [] { tether::run(deadline_loop); }); },
         [] {
             return time_per(deadlines, [] {
                 asio::io_context io(1);
                 asio::co_spawn(io, asio_deadline_loop(), asio::detached);
                 io.run();
             });
         },
         0.08});
}
