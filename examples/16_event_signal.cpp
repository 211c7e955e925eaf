// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Stages that tell each other how far they are. An event is a level and not a
// pulse: who waits for it goes on when it is set, and who comes later goes on
// at once. So no order of the tasks loses a signal, and nobody polls.
#include <tether/tether.hpp>

#include <cstdio>
#include <functional>

using namespace std::chrono_literals;
using tether::task, tether::task_group;

// What each stage waits for, and what it lets the next one do.
struct stages {
    tether::event connected;
    tether::event loaded;
    tether::resettable_event open; // a door, which closes again
};

task<> dial(stages& s) {
    co_await tether::sleep_for(5ms);
    std::puts("connected");
    s.connected.set();
}

task<> load(stages& s) {
    co_await s.connected.wait();
    co_await tether::sleep_for(5ms);
    std::puts("loaded");
    s.loaded.set();
}

task<> serve(stages& s, int number) {
    co_await s.loaded.wait(); // all of them wake with the one set()
    co_await s.open.wait();
    std::printf("worker %d serves\n", number);
}

task<> async_main() {
    stages s;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        // The last stage first: the order does not matter.
        for (int number = 1; number != 3; ++number)
            group.spawn(serve, std::ref(s), number);
        group.spawn(load, std::ref(s));
        group.spawn(dial, std::ref(s));
        co_await s.loaded.wait();
        co_await s.connected.wait(); // set long ago
        std::puts("the door opens");
        s.open.set();
    });
    s.open.clear();
    bool const in_time = co_await tether::move_on_after(5ms, s.open.wait());
    std::puts(in_time ? "still open" : "the door is closed");
}

int main() {
    tether::run(async_main);
}
