// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Children of one group on several loops: one join, one error, one cancel.

#include "far_test.hpp"

#include <tether/task/dump_tree.hpp>

using namespace tether;
using namespace tether_test;

namespace {

// Waits on its loop until all `expected` have come, and counts them.
task<int> meet(std::atomic<int>& arrived, int expected) {
    ++arrived;
    while (arrived.load() < expected)
        co_await sleep_for(50us);
    co_return arrived.load();
}

} // namespace

TETHER_FAR_CASE("TH20 children of one group run on the loops of a pool, at "
                "the same time") {
    loop_pool pool(2);
    std::atomic<int> arrived = 0;
    std::thread::id where[2];
    int sum = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::vector<task_handle<int>> handles;
        for (int i = 0; i != 2; ++i)
            handles.push_back(spawn_on(
                group, pool,
                [&](int id) -> task<int> {
                    where[id] = std::this_thread::get_id();
                    co_return co_await meet(arrived, 2);
                },
                i));
        CHECK(group.size() == 2);
        for (auto& handle : handles)
            sum += co_await handle;
    });
    CHECK(sum == 4);
    CHECK(where[0] != where[1]);
    CHECK(where[0] != std::this_thread::get_id());
}

TETHER_FAR_CASE("TG01 the group is left after the last frame over there has "
                "gone") {
    loop_pool pool(2);
    std::atomic<int> alive = 0;
    for (int round = 0; round != 20; ++round) {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 4; ++i)
                spawn_on(group, pool, [&]() -> task<> {
                    ++alive;
                    std::shared_ptr<void> const mine(nullptr,
                                                     [&](void*) { --alive; });
                    co_await checkpoint();
                });
            co_return;
        });
        CHECK(alive == 0);
    }
}

TETHER_FAR_CASE("TG22 the first failure cancels the siblings on all loops") {
    loop_pool pool(2);
    std::atomic<int> arrived = 0;
    std::atomic<int> told = 0;
    auto waits = [&]() -> task<> {
        auto clean = [&](exit_reason const& why) -> task<> {
            if (why.reason().kind == cancel_kind::sibling_failed &&
                why.reason().task == "bad")
                ++told;
            co_return;
        };
        auto work = [&]() -> task<> {
            ++arrived;
            co_await sleep_forever();
        };
        co_await async_try(work).finally(clean);
    };
    std::string text;
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(waits);
            spawn_on(group, pool[0], waits);
            spawn_on(group, pool[1], waits);
            spawn_on(group, pool[0], named("bad"), [&]() -> task<> {
                static_cast<void>(co_await meet(arrived, 4));
                throw std::runtime_error("far");
            });
            co_return;
        });
    } catch (exception_group const& group) {
        CHECK(group.size() == 1);
        text = format_error(std::current_exception());
    }
    CHECK(told == 3);
    CHECK_THAT(text, contains_text("task 'bad' spawned at "));
    CHECK_THAT(text, contains_text("spawn_on.cpp:"));
    CHECK_THAT(text, contains_text("std::runtime_error: far"));
}

TETHER_FAR_CASE("TG29 errors of all loops are in one group") {
    loop_pool pool(2);
    auto fails = [](std::atomic<int>& arrived, int n) -> task<> {
        ++arrived;
        while (arrived.load() != 3)
            co_await sleep_for(50us);
        throw n;
    };
    std::atomic<int> arrived = 0;
    std::vector<int> thrown;
    try {
        co_await with_task_group({.policy = group_policy::collect_all},
                                 [&](task_group& group) -> task<> {
                                     for (int i = 0; i != 3; ++i)
                                         spawn_on(group, pool, fails,
                                                  std::ref(arrived), i);
                                     co_return;
                                 });
    } catch (exception_group const& group) {
        for (auto const& error : group.exceptions()) {
            try {
                std::rethrow_exception(error);
            } catch (int n) {
                thrown.push_back(n);
            }
        }
    }
    std::sort(thrown.begin(), thrown.end());
    CHECK(thrown == std::vector<int>{0, 1, 2});
}

TETHER_TEST_CASE("TG12 a child runs to its first checkpoint over there, also "
                 "in a group that is cancelled") {
    testing::manual_pool pool;
    std::string log;
    bool called = false;
    auto body = [&]() -> task<> {
        log += "first ";
        co_await checkpoint();
        log += "never";
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        auto child = spawn_on(group, pool, body);
        auto function = spawn_on(group, pool, [&] { called = true; });
        auto look = [&]() -> task<> {
            co_await testing::settle();
            CHECK_FALSE(child.done());
            CHECK(function.done()); // what has not begun is not called
            pool.run_all();
        };
        co_await shielded(look);
    });
    CHECK(log == "first ");
    CHECK_FALSE(called);
}

TETHER_FAR_CASE("TH20 the handle of a child elsewhere cancels it alone") {
    loop_pool pool(1);
    std::atomic<int> arrived = 0;
    int second = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto one = spawn_on(group, pool, [&]() -> task<> {
            ++arrived;
            co_await sleep_forever();
        });
        auto two = spawn_on(group, pool, [&]() -> task<int> {
            ++arrived;
            co_await sleep_for(2ms);
            co_return 2;
        });
        co_await until([&] { return arrived == 2; });
        one.cancel();
        co_await one.wait();
        CHECK(one.status() == task_status::cancelled);
        second = co_await two;
    });
    CHECK(second == 2);
}

TETHER_TEST_CASE("TG73 spawn_on is for the loop of the group, and refuses what "
                 "spawn refuses") {
    testing::manual_pool pool;
    std::string text;
    co_await with_task_group(
        {.name = "mine", .max_children = 1}, [&](task_group& group) -> task<> {
            std::thread([&] {
                text = text_thrown_by<std::logic_error>(
                    [&] { spawn_on(group, pool, [] {}); });
            }).join();
            spawn_on(group, pool, [] {});
            CHECK_THROWS_AS(spawn_on(group, pool, [] {}), std::logic_error);
            spawn_on(group, pool, as_service, [] {});
            co_await checkpoint();
            pool.run_all();
        });
    CHECK_THAT(text, contains_text("mine"));
    CHECK_THAT(text, contains_text("another thread or executor"));
}

TETHER_FAR_CASE("IN01 a dump at home shows which child waits for its part") {
    loop_pool pool(1);
    std::string tree;
    std::atomic<bool> over = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        spawn_on(group, pool, named("elsewhere"), [&]() -> task<> {
            co_await until([&] { return over.load(); });
        });
        co_await checkpoint();
        tree = dump_tree();
        over = true;
    });
    CHECK_THAT(tree, contains_text("task 'elsewhere' spawned at "));
    CHECK_THAT(tree, contains_text("waits for its part on another loop at "));
    CHECK_THAT(tree, contains_text("on another executor"));
}
