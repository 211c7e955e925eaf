// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/lifo_queue.hpp>
#include <tether/stream/priority_queue.hpp>

#include <random>

using namespace tether;
using namespace tether_test;

namespace {

class job {
public:
    job(int level, int number) : level_(level), number_(number) {}
    int level() const noexcept { return level_; }
    int number() const noexcept { return number_; }

private:
    int level_;
    int number_;
};

struct by_level {
    bool operator()(job const& a, job const& b) const noexcept {
        return a.level() < b.level();
    }
};

} // namespace

TETHER_TEST_CASE("CH38 a priority queue gives the greatest, and equal ones in "
                 "the order in which they came") {
    priority_queue<job, by_level> queue(10);
    int number = 0;
    for (int const level : {1, 3, 2, 3, 1, 3})
        co_await queue.put(job(level, number++));
    std::string order;
    while (auto next = queue.try_get())
        order += std::to_string(next->number());
    CHECK(order == "135204");
    priority_queue<int, std::greater<int>> least(4);
    for (int const i : {3, 1, 2})
        co_await least.put(i);
    auto first = co_await least.get();
    CHECK(*first == 1);
}

TETHER_TEST_CASE("CH38 random items leave a priority queue as a stable sort "
                 "has them") {
    std::mt19937 random(3);
    for (int round = 0; round != 50; ++round) {
        priority_queue<job, by_level> queue(100);
        std::vector<std::pair<int, int>> expected;
        for (int i = 0; i != 100; ++i) {
            int const level = static_cast<int>(random() % 7);
            expected.emplace_back(-level, i);
            co_await queue.put(job(level, i));
        }
        std::sort(expected.begin(), expected.end());
        std::vector<std::pair<int, int>> got;
        while (auto next = queue.try_get())
            got.emplace_back(-next->level(), next->number());
        CHECK(got == expected);
    }
}

TETHER_TEST_CASE("CH38 a lifo queue gives what came last") {
    lifo_queue<int> queue(3);
    for (int i = 0; i != 3; ++i)
        co_await queue.put(i);
    CHECK(queue.full());
    std::string order;
    while (auto next = queue.try_get())
        order += std::to_string(*next);
    CHECK(order == "210");
}

TETHER_TEST_CASE("CH38 in queues that order their items the waiting tasks are "
                 "served first come, first served") {
    priority_queue<int> queue(1);
    event_log log;
    co_await queue.put(5);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int const i : {1, 9})
            group.spawn([&queue, &log, i]() -> task<> {
                co_await queue.put(i);
                log("p" + std::to_string(i));
            });
        co_await checkpoint();
        CHECK(*queue.try_get() == 5);
        co_await checkpoint();
        CHECK(log.text() == "p1");
        CHECK(*queue.try_get() == 1);
        CHECK(*queue.try_get() == 9);
        for (auto const* name : {"a", "b"})
            group.spawn([&queue, &log, name]() -> task<> {
                auto item = co_await queue.get();
                log(name + std::to_string(*item));
            });
        co_await checkpoint();
        CHECK(queue.try_put(1) == channel_status::ok);
        CHECK(queue.try_put(2) == channel_status::ok);
    });
    CHECK(log.text() == "p1 p9 a1 b2");
}

TETHER_TEST_CASE("CH36 CH37 queues are shut down as work queues are") {
    std::vector<int> dropped;
    priority_queue<int> queue(3, [&](int&& item) { dropped.push_back(item); });
    for (int const i : {1, 3, 2})
        co_await queue.put(i);
    queue.shutdown();
    CHECK(queue.try_put(4) == channel_status::closed);
    auto item = co_await queue.get();
    CHECK(*item == 3);
    queue.shutdown(queue_shutdown::immediate);
    CHECK(dropped == std::vector{2, 1});
    item = co_await queue.get();
    CHECK_FALSE(item.has_value());
    std::string text;
    try {
        co_await queue.put(5);
    } catch (closed_resource const& error) {
        text = error.what();
    }
    CHECK(text == "send into a queue that is shut down");
    CHECK_THROWS_AS(lifo_queue<int>(0), std::invalid_argument);
}

TETHER_TEST_CASE("CH36 what an immediate shutdown drops cannot come back") {
    stubborn<lifo_queue<int>> kept;
    for (int const i : {1, 2})
        co_await kept.queue.put(i);
    kept.queue.shutdown(queue_shutdown::immediate);
    CHECK(kept.log == "closed closed ");
    CHECK(kept.queue.empty());
}

TEST_CASE("SY12 destroying a queue that tasks wait for terminates") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto queue = std::make_unique<lifo_queue<int>>(1);
                auto& q = *queue;
                group.spawn(named("reader"),
                            [&q]() -> task<> { (void)co_await q.get(); });
                co_await checkpoint();
                queue.reset();
            });
        });
    });
    CHECK_THAT(text, contains_text("queue destroyed while tasks wait for it: "
                                   "'reader' at"));
}
