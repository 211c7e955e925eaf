// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include <tether/stream/adaptors/parallel.hpp>
#include <tether/stream/adaptors/tee.hpp>
#include <tether/stream/collect.hpp>

#include <chrono>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = std::vector<int>;

// Takes the longer, the smaller its number; counts who works.
struct workers {
    int now = 0;
    int most = 0;
    int stopped = 0;

    task<int> work(int i) {
        most = (std::max)(most, ++now);
        struct end {
            workers* of;
            bool done = false;
            ~end() {
                --of->now;
                of->stopped += done ? 0 : 1;
            }
        } guard{this};
        co_await sleep_for(std::chrono::milliseconds(10 - i));
        guard.done = true;
        if (i == 7)
            throw std::runtime_error("seven");
        co_return i * 10;
    }
};

} // namespace

TETHER_TEST_CASE("GE23 map_concurrent_stream works for several elements at a "
                 "time and gives them in order") {
    workers w;
    ints got;
    std::string error;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto fn = [&](int i) { return w.work(i); };
        got =
            co_await collect(numbers(6) | map_concurrent_stream(group, 3, fn));
        CHECK(w.most == 3);
        ints before;
        try {
            co_await for_each(numbers(9) | map_concurrent_stream(group, 2, fn),
                              [&](int i) { before.push_back(i); });
        } catch (std::runtime_error const& e) {
            error = e.what();
        }
        CHECK(before == ints{0, 10, 20, 30, 40, 50, 60});
        CHECK(w.now == 0); // closed, with what it had begun
    });
    CHECK(got == ints{0, 10, 20, 30, 40, 50});
    CHECK(error == "seven");
}

TETHER_TEST_CASE("GE23 the elements that wait for those before them are "
                 "bounded") {
    int begun = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto fn = [&](int i) -> task<int> {
            ++begun;
            co_await sleep_for(i == 0 ? 100ms : 1ms);
            co_return i;
        };
        auto gen = numbers(99) | map_concurrent_stream(group, 3, fn);
        co_await consume(gen, [&](auto& all) -> task<> {
            auto one = co_await next(all);
            CHECK(*one == 0);
            CHECK(begun <= 5); // three in the channel, one taken, one to come
        });
    });
}

TETHER_TEST_CASE("TG50 as_completed gives outcomes as they come and stops the "
                 "rest when the consumer leaves") {
    workers w;
    ints got;
    int errors = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        ints items;
        for (int i = 5; i < 10; ++i)
            items.push_back(i);
        auto fn = [&](int i) { return w.work(i); };
        auto all = as_completed(group, ints(items), 9, fn);
        while (auto how = co_await next(all)) {
            if (how->has_error())
                ++errors;
            else
                got.push_back(**how);
        }
        CHECK(w.most == 5);
        w.stopped = 0;
        auto some = as_completed(group, ints(items), 2, fn);
        co_await consume(some, [&](auto& rest) -> task<> {
            auto how = co_await next(rest);
            CHECK(**how == 60);
        });
        CHECK(w.stopped != 0);
        CHECK(w.now == 0);
    });
    CHECK(got == ints{90, 80, 60, 50});
    CHECK(errors == 1);
}

TETHER_TEST_CASE("GE20 tee gives every element to each part, and the slowest "
                 "decides or loses the oldest") {
    ints slow;
    ints fast;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto parts = tee(group, numbers(6), 2, 1);
        group.spawn([&, all = std::move(parts[0])]() mutable -> task<> {
            co_await for_each(all, [&](int i) -> task<> {
                co_await sleep_for(5ms);
                slow.push_back(i);
            });
        });
        co_await for_each(parts[1], [&](int i) { fast.push_back(i); });
        CHECK(slow.size() >= 3); // it has waited
    });
    CHECK(slow == ints{0, 1, 2, 3, 4, 5});
    CHECK(fast == slow);

    ints late;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto parts = tee(group, numbers(6), 2, 2,
                         channel_options{overflow::drop_oldest});
        co_await for_each(parts[0], [](int) {});
        co_await for_each(parts[1], [&](int i) { late.push_back(i); });
    });
    CHECK(late == ints{4, 5});
}

TETHER_TEST_CASE("GE20 the generator of a tee is closed with its last part, "
                 "begun or not") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto parts = tee(group, kept_numbers(log), 2, 9);
        co_await next(parts[0]);
        co_await parts[0].close();
        log("one left");
        parts.pop_back();
        log("none left");
    });
    CHECK(log.text() == "open a one left none left locals gone closing a "
                        "stopped closed a");
    event_log two;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto parts = tee(group, kept_numbers(two), 2, 9);
        co_await next(parts[0]);
        co_await next(parts[1]);
        co_await parts[1].close();
        co_await parts[0].close();
        two("next statement");
    });
    CHECK(two.lines().back() == "next statement");
    CHECK(two.lines().size() == 5);
}
