// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Producers and workers together: what is put in comes out, the slowest stage
// sets the rate, and an error of one stage stops them all.
#include "stream_test.hpp"

#include "support/sweeps.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

using namespace tether;
using namespace tether_test;

namespace {

// Three producers, four workers and one who collects.
class pipeline {
public:
    task<> run() {
        auto raw = channel<int>(2);
        auto done = channel<int>(2);
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int id = 0; id != 3; ++id)
                group.spawn(&pipeline::produce, this, id, raw.first.clone());
            for (int id = 0; id != 4; ++id)
                group.spawn(&pipeline::work, this, raw.second.clone(),
                            done.first.clone());
            group.spawn(&pipeline::collect_all, this, done.second.clone());
            for (auto* ends : {&raw, &done}) {
                ends->first.close();
                ends->second.close();
            }
            co_return;
        });
    }

    int failing = -1;
    std::vector<int> made;
    std::vector<int> got;
    int gone = 0; // stages that have ended, however

private:
    struct at_end {
        explicit at_end(pipeline& p) : of(&p) {}
        at_end(at_end const&) = delete;
        at_end& operator=(at_end const&) = delete;
        ~at_end() { ++of->gone; }
        pipeline* of;
    };

    task<> produce(int id, sender<int> to) {
        at_end const note(*this);
        for (int i = 0; i != 100; ++i) {
            co_await sleep_for(1ms);
            co_await to.send(100 * id + i);
            made.push_back(100 * id + i);
        }
    }
    task<> work(receiver<int> from, sender<int> to) {
        at_end const note(*this);
        while (auto item = co_await from.receive()) {
            co_await sleep_for(*item % 3 * 1ms);
            if (*item == failing)
                throw std::runtime_error("worker");
            co_await to.send(*item);
        }
    }
    task<> collect_all(receiver<int> from) {
        at_end const note(*this);
        while (auto item = co_await from.receive())
            got.push_back(*item);
    }
};

} // namespace

TETHER_TEST_CASE("coverage row 57: several producers and workers, every record "
                 "is worked on once and the stages end one after the other") {
    pipeline p;
    co_await p.run();
    CHECK(p.made.size() == 300);
    std::sort(p.got.begin(), p.got.end());
    std::vector<int> all(300);
    std::iota(all.begin(), all.end(), 0);
    CHECK(p.got == all);
    CHECK(p.gone == 8);
}

TETHER_TEST_CASE("coverage row 57: an error in one stage stops all stages") {
    pipeline p;
    p.failing = 50;
    std::string error;
    try {
        co_await p.run();
    } catch (exception_group const& group) {
        CHECK(group.size() == 1);
        error = group.first<std::runtime_error>()->what();
    }
    CHECK(error == "worker");
    CHECK(p.gone == 8);
    CHECK(p.made.size() < 300);
}

TETHER_TEST_CASE("coverage row 66: the slowest of three stages sets the rate, "
                 "and what waits between them is bounded") {
    constexpr int items = 100;
    std::array<std::chrono::milliseconds, 3> const pace{1ms, 5ms, 2ms};
    auto [a_in, a_out] = channel<int>(3);
    auto [b_in, b_out] = channel<int>(4);
    std::size_t most = 0;
    auto const look = [&] {
        most = (std::max)(most, a_out.statistics().buffered +
                                    b_out.statistics().buffered);
    };
    stopwatch watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != items; ++i) {
                co_await sleep_for(pace[0]);
                co_await a_in.send(i);
                look();
            }
            a_in.close();
        });
        group.spawn([&]() -> task<> {
            while (auto item = co_await a_out.receive()) {
                co_await sleep_for(pace[1]);
                co_await b_in.send(*item);
                look();
            }
            b_in.close();
        });
        group.spawn([&]() -> task<> {
            while (auto item = co_await b_out.receive()) {
                co_await sleep_for(pace[2]);
                look();
            }
        });
        co_return;
    });
    CHECK(watch.elapsed() == pace[0] + items * pace[1] + pace[2]);
    CHECK(most <= 3 + 4);
    CHECK(most >= 3); // full in front of the slow one
}

TETHER_TEST_CASE("coverage row 54: with a slow worker the lead of a producer "
                 "never exceeds the size of a work queue") {
    work_queue<int> queue(5);
    int put = 0;
    int taken = 0;
    int lead = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != 100; ++i) {
                co_await queue.put(i);
                lead = (std::max)(lead, ++put - taken);
            }
            co_await queue.join();
            queue.shutdown();
        });
        group.spawn([&]() -> task<> {
            while (auto item = co_await queue.get()) {
                CHECK(**item == taken);
                ++taken;
                co_await sleep_for(1ms);
            }
        });
        co_return;
    });
    CHECK(taken == 100);
    CHECK(lead <= 5 + 1); // one more that was handed over and not yet counted
    CHECK(lead >= 5);
}

TEST_CASE("CH33 coverage row 54: no stop of producers and workers of a work "
          "queue loses an item or has it twice") {
    std::vector<int> put;
    std::vector<int> arrived;
    auto const body = [&]() -> task<> {
        put.clear();
        arrived.clear();
        work_queue<int> queue(
            1, [&](int&& dropped) { arrived.push_back(dropped); });
        struct rest { // what nobody took in the end
            explicit rest(work_queue<int>& queue) : of(&queue) {}
            ~rest() { of->shutdown(queue_shutdown::immediate); }
            work_queue<int>* of;
        } const at_end(queue);
        auto const produce = [&](int id) -> task<> {
            for (int i = 0; i != 3; ++i) {
                int item = 10 * id + i;
                co_await queue.put_from(item);
                put.push_back(10 * id + i);
            }
        };
        auto const work = [&]() -> task<> {
            while (auto item = co_await queue.get()) {
                arrived.push_back(**item);
                co_await checkpoint();
            }
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(work);
            group.spawn(work);
            co_await with_task_group([&](task_group& producers) -> task<> {
                producers.spawn(produce, 1);
                producers.spawn(produce, 2);
                co_return;
            });
            queue.shutdown();
        });
    };
    auto const kept = [&] {
        std::sort(put.begin(), put.end());
        std::sort(arrived.begin(), arrived.end());
        return put == arrived;
    };
    sweep_all_stops(body, kept, 10);
    explore_with_stops(200, body, kept);
}
