// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
// ctest-match: tick 1.*out of time

#include <tether/scope.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <cstdio>

using namespace std::chrono_literals;
using tether::task, tether::task_group;

task<> count(char const* name, std::chrono::milliseconds pace) {
    for (int i = 1;; ++i) {
        co_await tether::sleep_for(pace);
        std::printf("%s %d\n", name, i);
    }
}

task<> both() {
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn(count, "tick", 30ms);
        group.spawn(count, "tock", 40ms);
        co_return;
    }); // the block ends when both children have ended
}

task<> async_main() {
    bool const finished = co_await tether::move_on_after(100ms, both());
    std::puts(finished ? "finished" : "out of time");
}

int main() {
    tether::run(async_main);
}
