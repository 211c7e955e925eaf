// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Who may touch a counter? Between two awaits a task has the state of its loop
// to itself. An await gives the others a turn, and a thread asks nobody.
//
// With the argument "race" the last counter is left without protection, for
// ThreadSanitizer to report.
#include <tether/tether.hpp>

#include <boost/asio/thread_pool.hpp>

#include <cstdio>
#include <mutex>
#include <string_view>

using tether::task, tether::task_group;

constexpr int children = 100;
constexpr int rounds = 20;

// Runs it in many children at once, `rounds` times each.
template<class F>
task<> count(char const* how, int& counter, F increment) {
    counter = 0;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != children; ++i)
            group.spawn([&]() -> task<> {
                for (int n = 0; n != rounds; ++n)
                    co_await increment();
            });
        co_return;
    });
    std::printf("%-32s %d of %d\n", how, counter, children * rounds);
}

task<> async_main(bool race) {
    int counter = 0;
    co_await count("between two awaits", counter, [&]() -> task<> {
        co_await tether::checkpoint();
        ++counter;
    });
    // All have read it before the first one writes.
    co_await count("an await in between", counter, [&]() -> task<> {
        int const seen = counter;
        co_await tether::checkpoint();
        counter = seen + 1;
    });
    tether::mutex turn;
    co_await count("the same behind a tether::mutex", counter, [&]() -> task<> {
        auto const guard = co_await turn.lock();
        int const seen = counter;
        co_await tether::checkpoint();
        counter = seen + 1;
    });
    // What comes back is on the loop again.
    co_await count("behind an await of a thread", counter, [&]() -> task<> {
        co_await tether::to_thread([] {});
        ++counter;
    });
    std::mutex lock;
    co_await count("on threads, behind a std::mutex", counter, [&]() -> task<> {
        co_await tether::to_thread([&] {
            std::lock_guard const guard(lock);
            ++counter;
        });
    });
    // Or it belongs to one executor, and whoever wants it goes there.
    boost::asio::thread_pool owner(1);
    co_await count("on the executor that owns it", counter, [&]() -> task<> {
        co_await tether::run_on(owner, [&] { ++counter; });
    });
    if (race)
        co_await count("on threads, without", counter, [&]() -> task<> {
            co_await tether::to_thread([&] { ++counter; });
        });
}

int main(int argc, char** argv) {
    tether::run(async_main, argc > 1 && argv[1] == std::string_view("race"));
}
