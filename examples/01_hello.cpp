// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include <tether/tether.hpp>

#include <cstdio>
#include <stdexcept>

using namespace std::chrono_literals;
using tether::task, tether::task_group;

struct note {
    ~note() { std::puts("tidied up"); }
};

task<> watch() {
    note on_exit;
    co_await tether::sleep_forever();
}

task<> write_file() {
    co_await tether::sleep_for(10ms);
    throw std::runtime_error("disk full");
}

task<> async_main() {
    bool const done = co_await tether::move_on_after(20ms, watch());
    std::puts(done ? "done" : "out of time");
    try {
        co_await tether::with_task_group([](task_group& group) -> task<> {
            group.spawn(watch);
            group.spawn(write_file); // its error stops the other child
            co_return;
        }); // ends when both children have ended
    } catch (tether::exception_group const& errors) {
        std::puts(errors.first<std::exception>()->what());
    }
}

int main() {
    tether::run(async_main);
}
