// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Work of another executor, run one by one in an order that the test chooses.
#include "testing_test.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <stdexcept>

namespace {

using namespace testing_test;
namespace asio = boost::asio;
using testing::manual_pool;

TETHER_TEST_CASE("TE25 nothing of the pool runs before the test says so") {
    manual_pool pool;
    event_log log;
    testing::spawn_background([&]() -> task<> {
        co_await asio::post(pool.get_executor(), use_task);
        log("back");
    });
    co_await testing::settle();
    CHECK(pool.size() == 1);
    CHECK(log.text() == "");
    pool.run_one();
    CHECK(pool.empty());
    CHECK(log.text() == ""); // the task comes home, it does not run inside
    co_await testing::settle();
    CHECK(log.text() == "back");
}

TETHER_TEST_CASE("TE25 the test chooses the order, also of tasks that wait") {
    manual_pool pool;
    event_log log;
    auto worker = [&](std::string name) -> task<> {
        co_await asio::post(pool.get_executor(), use_task);
        log(name);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(worker, "a");
        group.spawn(worker, "b");
        group.spawn(worker, "c");
        co_await testing::settle();
        pool.run_one(2);
        pool.run_one(1);
        pool.run_one();
        co_await testing::settle();
    });
    CHECK(log.text() == "c b a");
}

TETHER_TEST_CASE("TE25 time does not jump past work that the pool holds") {
    manual_pool pool;
    auto const start = this_task::now();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await asio::post(pool.get_executor(), use_task);
            CHECK(this_task::now() == start);
        });
        group.spawn([]() -> task<> { co_await sleep_for(1h); });
        co_await testing::settle();
        pool.run_all();
    });
    CHECK(this_task::now() == start + 1h);
}

TEST_CASE("TE25 run_all runs what is submitted meanwhile, and counts") {
    manual_pool pool;
    int runs = 0;
    asio::post(pool.get_executor(), [&] {
        ++runs;
        asio::post(pool.get_executor(), [&] { ++runs; });
    });
    CHECK(pool.run_all() == 2);
    CHECK(runs == 2);
    CHECK_THROWS_AS(pool.run_one(), std::logic_error);
    asio::post(pool.get_executor(), [] { throw std::runtime_error("item"); });
    CHECK_THROWS_AS(pool.run_one(), std::runtime_error);
    CHECK(pool.empty());
}

TEST_CASE("TE25 a task tree can live on the pool, step by step") {
    manual_pool pool;
    event_log log;
    co_spawn(
        pool.get_executor(),
        [&]() -> task<> {
            log("first");
            co_await asio::post(use_task);
            log("second");
        },
        [&](std::exception_ptr error) { log(error ? "failed" : "done"); });
    CHECK(log.text() == "");
    pool.run_one();
    CHECK(log.text() == "first");
    pool.run_one();
    CHECK(log.text() == "first second");
    pool.run_one();
    CHECK(log.text() == "first second done");
    CHECK(pool.empty());
}

TEST_CASE("TE25 what never ran is destroyed with the pool, tasks as well") {
    auto const kept = std::make_shared<int>(0);
    {
        manual_pool pool;
        asio::post(pool.get_executor(), [kept] {});
        co_spawn(
            pool.get_executor(),
            [kept]() -> task<> {
                auto const copy = kept;
                co_await sleep_forever();
            },
            asio::detached);
        pool.run_one(1);
        CHECK(kept.use_count() > 2);
    }
    CHECK(kept.use_count() == 1);
}

} // namespace
