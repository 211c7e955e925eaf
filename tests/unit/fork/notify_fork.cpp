// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A process that forks: the loop goes on in the child if Asio is told, and in
// the parent in any case.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace tether_test;

namespace {

// Timers, I/O over a pipe of its own, and a child task; counts its steps.
task<> works_on(int& steps) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        co_return;
    auto const executor = tether::this_task::executor();
    asio::posix::stream_descriptor in(executor, ends[0]);
    asio::posix::stream_descriptor out(executor, ends[1]);
    ++steps;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            char c = 0;
            co_await in.async_read_some(asio::buffer(&c, 1), use_task);
            steps += c;
        });
        co_await tether::sleep_for(1ms);
        char const c = 2;
        co_await out.async_write_some(asio::buffer(&c, 1), use_task);
    });
    ++steps;
}

} // namespace

TEST_CASE("CX29 after a fork the loop goes on in both processes when the "
          "context is notified") {
    using asio::execution_context;
    leak_check const check;
    int steps = 0;
    asio::io_context io(1);
    bool ended = false;
    tether::co_spawn(io, works_on, std::ref(steps),
                     [&](std::exception_ptr e) { ended = !e; });
    while (steps == 0)
        io.run_one();
    io.notify_fork(execution_context::fork_prepare);
    pid_t const child = ::fork();
    if (child == 0) {
        io.notify_fork(execution_context::fork_child);
        // The pipe is shared with the parent: one byte for each reader.
        io.run();
        ::_exit(ended && steps == 4 ? 0 : 1);
    }
    io.notify_fork(execution_context::fork_parent);
    io.run();
    CHECK(ended);
    CHECK(steps == 4);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE(
    "CX29 a child that leaves the loop alone disturbs nobody, and may run "
    "one of its own") {
    int steps = 0;
    run_real([&]() -> task<> {
        pid_t const child = ::fork();
        if (child == 0) {
            int value = 0;
            std::thread([&] { // this thread is inside of the parent's loop
                value = tether::run([]() -> task<int> {
                    co_await tether::sleep_for(1ms);
                    co_return 7;
                });
            })
                .join();
            ::_exit(value == 7 ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        co_await works_on(steps);
    });
    CHECK(steps == 4);
}
