// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// One of the two sides goes down: no task is lost, and nothing refers to what
// has gone.

#include "far_test.hpp"

using namespace tether;
using namespace tether_test;

namespace {

task<> forever(int& alive) {
    tally const here(alive);
    co_await sleep_forever();
}

} // namespace

TEST_CASE("TH20 a pool that is destroyed first gives operation_abandoned") {
    run_virtual([]() -> task<> {
        auto pool = std::make_unique<testing::manual_pool>();
        int alive = 0;
        std::string text;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(named("waiting"), [&]() -> task<> {
                auto fn = [mine = tally(alive)] {};
                try {
                    co_await run_on(*pool, fn);
                } catch (operation_abandoned const& e) {
                    CHECK(alive == 1);
                    text = e.what();
                }
            });
            co_await testing::settle();
            CHECK(alive == 2); // the variable of the task, and the copy
            pool.reset();
        });
        CHECK_THAT(text, contains_text("task 'waiting' at "));
    });
}

TETHER_FAR_CASE("TH20 a context that is destroyed takes its part of the task "
                "along, and then tells") {
    far_loop far;
    int alive = 0;
    int alive_when_told = -1;
    bool told = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto body = [&]() -> task<> {
                tally const outer(alive);
                co_await with_task_group([&](task_group& inner) -> task<> {
                    inner.spawn(forever, std::ref(alive));
                    inner.spawn(forever, std::ref(alive));
                    co_return;
                });
            };
            try {
                co_await run_on(far.executor(), body);
            } catch (operation_abandoned const&) {
                alive_when_told = alive;
                told = true;
            }
        });
        bool there = false;
        while (!there)
            there = co_await run_on(far.executor(), [&] { return alive == 3; });
        far.destroy();
    });
    CHECK(told);
    CHECK(alive_when_told == 0);
}

TETHER_FAR_CASE("TH20 a cancelled task whose context is destroyed meanwhile "
                "is stopped") {
    far_loop far;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::atomic<bool> begun = false;
        auto child = group.spawn([&]() -> task<> {
            co_await run_on(far.executor(), [&]() -> task<> {
                begun = true;
                co_await shielded(sleep_for(1h));
            });
        });
        co_await until([&] { return begun.load(); });
        child.cancel();
        co_await checkpoint();
        CHECK_FALSE(child.done()); // waits for the shield
        far.destroy();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
    });
}

TETHER_FAR_CASE("TH21 TH26 the value of a coroutine that has ended in spite of "
                "a cancel is moved home, and the stop comes next") {
    far_loop far;
    std::unique_ptr<int> value;
    bool after = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::atomic<bool> begun = false;
        auto far_part = [&]() -> task<std::unique_ptr<int>> {
            begun = true;
            co_await shielded(sleep_for(1ms));
            co_return std::make_unique<int>(9);
        };
        auto child = group.spawn([&]() -> task<> {
            value = co_await run_on(far.executor(), far_part);
            co_await checkpoint();
            after = true;
        });
        co_await until([&] { return begun.load(); });
        child.cancel();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
    });
    REQUIRE(value);
    CHECK(*value == 9);
    CHECK_FALSE(after);
}

TETHER_FAR_CASE("TH20 a context that stands still only pauses its part; what "
                "has not begun can be cancelled") {
    far_loop far;
    far.stop();
    co_await with_task_group([&](task_group& group) -> task<> {
        auto given_up = group.spawn([&]() -> task<> {
            auto never = []() -> task<> {
                CHECK(false);
                co_return;
            };
            co_await run_on(far.executor(), never);
        });
        co_await checkpoint();
        given_up.cancel();
        co_await given_up.wait();
        auto patient = group.spawn([&]() -> task<int> {
            co_return co_await run_on(far.executor(), []() -> task<int> {
                co_await checkpoint();
                co_return 3;
            });
        });
        co_await sleep_for(1ms);
        CHECK_FALSE(patient.done());
        far.go_on();
        CHECK(co_await patient == 3);
    });
}

TEST_CASE("TH20 the end of a run over there comes home with its reason") {
    gate arrived;
    asio::any_io_executor there;
    gate may_end;
    std::thread other([&] {
        run([&]() -> task<> {
            there = this_task::executor();
            event over;
            remote_call const end([&] { over.set(); });
            arrived.open();
            std::thread ends([&, ask = end.handle()] {
                may_end.wait();
                ask();
            });
            co_await over.wait();
            ends.join();
        });
    });
    arrived.wait();
    run([&]() -> task<> {
        std::string why;
        auto body = [&]() -> task<> {
            may_end.open();
            co_await sleep_forever();
        };
        try {
            co_await run_on(std::move(there), body);
        } catch (cancelled_error const& e) {
            why = e.what();
        }
        CHECK_THAT(why, contains_text("shutdown: the main task has ended"));
    });
    other.join();
}

TEST_CASE("TH20 home goes first: a function that runs is waited for by what "
          "is left of the task") {
    asio::thread_pool pool(1);
    gate begun;
    gate may_end;
    int alive = 0;
    bool kept = false;
    {
        asio::io_context home(1);
        tether::co_spawn(
            home,
            [&]() -> task<> {
                tally const mine(alive);
                co_await run_on(pool, [&] {
                    begun.open();
                    may_end.wait();
                    kept = alive == 1;
                });
                CHECK(false);
            },
            [](std::exception_ptr) {});
        home.poll();
        begun.wait();
    }
    may_end.open();
    pool.join();
    CHECK(kept);
    CHECK(alive == 0);
}

TEST_CASE("TH20 home goes first: its part on another loop is cancelled and "
          "ends") {
    int there = 0;
    int here = 0;
    std::atomic<bool> begun = false;
    far_loop far;
    {
        asio::io_context home(1);
        tether::co_spawn(
            home,
            [&]() -> task<> {
                tally const mine(here);
                co_await run_on(far.executor(), [&]() -> task<> {
                    begun = true;
                    co_await forever(there);
                });
            },
            [](std::exception_ptr) {});
        home.poll();
        while (!begun)
            std::this_thread::yield();
    }
    far.destroy();
    CHECK(there == 0);
    CHECK(here == 0);
}

TETHER_FAR_CASE("TH20 a task that waits for work elsewhere is not deadlocked") {
    // Nothing but the work could wake it; the verdict would end the run.
    asio::thread_pool pool(1);
    co_await run_on(pool, [] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    });
}
