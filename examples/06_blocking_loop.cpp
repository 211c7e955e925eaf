// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A library that only blocks, three times beside a heartbeat: called on the
// loop, which stands still; the same found by debug mode; and called on
// threads. How late the heartbeat was is printed to stderr, as it differs from
// run to run.
#include <tether/tether.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tether::task, tether::task_group;

// --- the library, as it came

std::string legacy_query(int customer) {
    std::this_thread::sleep_for(60ms); // it waits for its server
    return "customer " + std::to_string(customer);
}

// --- the heartbeat

struct pulse {
    static constexpr std::array<int, 5> bounds{1, 4, 16, 64, 256}; // ms
    std::array<int, bounds.size() + 1> late{};
    int beats = 0;

    void add(steady_clock::duration lateness) {
        std::size_t i = 0;
        while (i != bounds.size() && lateness >= bounds[i] * 1ms)
            ++i;
        ++late[i];
        ++beats;
    }
    void print(char const* name) const {
        std::fprintf(stderr, "%s, beats by how late they were:", name);
        for (std::size_t i = 0; i != bounds.size(); ++i)
            std::fprintf(stderr, "  < %d ms: %d", bounds[i], late[i]);
        std::fprintf(stderr, "  more: %d\n", late.back());
    }
};

task<> beat(pulse& p) {
    for (auto due = steady_clock::now();; due = steady_clock::now() + 5ms) {
        co_await tether::sleep_until(due);
        p.add(steady_clock::now() - due);
    }
}

// --- the three variants

task<> on_the_loop() {
    for (int customer = 0; customer != 3; ++customer)
        static_cast<void>(legacy_query(customer)); // nothing else runs
    co_return;
}

task<> on_threads() {
    co_await tether::with_task_group([](task_group& group) -> task<> {
        for (int customer = 0; customer != 10; ++customer)
            group.spawn([customer]() -> task<> {
                std::string const name =
                    co_await tether::to_thread(legacy_query, customer);
            });
        co_return;
    });
}

task<> beside_a_heartbeat(char const* name, task<> (*queries)()) {
    pulse p;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        group.spawn(tether::named("heartbeat"), beat, std::ref(p));
        while (p.beats < 2)
            co_await tether::sleep_for(1ms);
        int const before = p.beats;
        co_await queries();
        std::printf("%s: the heart %s\n", name,
                    p.beats == before ? "stood still" : "went on");
        co_await tether::sleep_for(10ms);
        group.cancel();
    });
    p.print(name);
}

int main() {
    tether::run(beside_a_heartbeat, "on the loop", on_the_loop);

    tether::run_options watched;
    watched.debug = {.mode = tether::debug_mode::on, .slow_step = 120ms};
    tether::runner app(watched);
    app.on_debug_report([](tether::debug_report const& found) {
        std::printf("debug mode: %s\n", to_string(found.what));
        std::fprintf(stderr, "%s\n", found.text.c_str());
    });
    app.run(beside_a_heartbeat, "watched", on_the_loop);

    tether::run(beside_a_heartbeat, "on threads", on_threads);
}
