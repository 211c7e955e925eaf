// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// How does a program that is written for Asio begin to use tasks? The same task
// runs as a program of its own, on a strand of a context that four threads run,
// and in a host that owns its loop and only polls.
// ctest-match: run: 42.pool: 42.host: 42 after [0-9]+ turns

#include <tether/tether.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <exception>
#include <future>
#include <optional>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using tether::task, tether::task_group, tether::use_task;

// What the program has already: a coroutine of Asio, and a callback.
asio::awaitable<int> ask_database() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return 40;
}

template<class Callback>
void ask_cache(asio::any_io_executor const& on, Callback callback) {
    asio::post(on, [done = std::move(callback)]() mutable { done(2); });
}

// What is new. Old operations are awaited as they are.
task<int> sum() {
    int total = 0;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            int const rows = co_await ask_database();
            total += rows;
        });
        group.spawn([&]() -> task<> {
            int const cached = co_await tether::suspend_cancellable<int>(
                [](tether::completion<int> done) {
                    ask_cache(tether::this_task::executor(), std::move(done));
                });
            total += cached;
        });
        co_return;
    });
    co_return total;
}

// A program of its own.
void as_main() {
    std::printf("run: %d\n", tether::run(sum));
}

// One part of a server with four threads: its tasks share a strand.
void on_a_strand() {
    asio::io_context context;
    std::future<int> result =
        tether::co_spawn(asio::make_strand(context), sum, asio::use_future);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { context.run(); });
    for (std::thread& thread : threads)
        thread.join();
    std::printf("pool: %d\n", result.get());
}

// A host with a loop of its own, say of windows, that polls between its events.
void in_a_host() {
    asio::io_context context(1);
    std::optional<int> result;
    tether::co_spawn(context, sum, [&](std::exception_ptr error, int value) {
        if (!error)
            result = value;
    });
    int turns = 0;
    for (; !result; ++turns) {
        context.poll();
        std::this_thread::yield(); // here the host would draw
    }
    std::printf("host: %d after %d turns\n", *result, turns);
}

int main() {
    as_main();
    on_a_strand();
    in_a_host();
}
