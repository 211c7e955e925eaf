// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Plain functions on another executor: where they run, what comes home, and
// what a cancel does before, while and after.

#include "far_test.hpp"

#include <version>

#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

using namespace tether;
using namespace tether_test;

namespace {

int twice(int n) {
    return 2 * n;
}

// Neither copied nor default-constructed.
struct only_moved {
    explicit only_moved(int n) : value(std::make_unique<int>(n)) {}
    std::unique_ptr<int> value;
};

} // namespace

TETHER_FAR_CASE("TH20 a plain function runs on the executor, and the task "
                "goes on at home") {
    asio::thread_pool pool(1);
    auto const home = std::this_thread::get_id();
    std::thread::id there;
    CHECK(co_await run_on(pool, twice, 21) == 42);
    int const n = co_await run_on(pool.get_executor(), [&] {
        there = std::this_thread::get_id();
        return 7;
    });
    CHECK(n == 7);
    CHECK(there != std::thread::id());
    CHECK(there != home);
    CHECK(std::this_thread::get_id() == home);
}

TETHER_FAR_CASE("TH26 arguments and results are moved, never copied; "
                "references and void come through") {
    asio::thread_pool pool(1);
    auto const add_one = [](only_moved in) {
        return only_moved(*in.value + 1);
    };
    only_moved const out = co_await run_on(pool, add_one, only_moved(1));
    CHECK(*out.value == 2);
    int object = 5;
    int& same = co_await run_on(
        pool, [](int& at) -> int& { return at; }, std::ref(object));
    CHECK(&same == &object);
    bool ran = false;
    co_await run_on(pool, [&] { ran = true; });
    CHECK(ran);
}

TETHER_FAR_CASE("TH12 a function on another executor is no to_thread() call, "
                "and from_thread says so") {
    asio::thread_pool pool(1);
    std::string const text = co_await run_on(pool, [] {
        return text_thrown_by<std::logic_error>(
            [] { from_thread::check_cancelled(); });
    });
    CHECK_THAT(text, contains_text("blocking_portal"));
}

TETHER_FAR_CASE("TH18 TH20 what a function throws comes home unchanged") {
    asio::thread_pool pool(1);
    struct own_error : std::runtime_error {
        using runtime_error::runtime_error;
        int detail = 3;
    };
    auto const home = std::this_thread::get_id();
    int detail = 0;
    try {
        co_await run_on(pool, [] { throw own_error("over there"); });
    } catch (own_error const& e) {
        CHECK(std::this_thread::get_id() == home);
        detail = e.detail;
    }
    CHECK(detail == 3);
}

TETHER_FAR_CASE("TH20 the function and its arguments are gone when the task "
                "goes on") {
    asio::thread_pool pool(1);
    int alive = 0;
    {
        tally const one(alive);
        auto const fn = [one](tally const& other) {
            static_cast<void>(other);
            throw std::runtime_error("failed");
        };
        CHECK(alive == 2);
        bool failed = false;
        try {
            co_await run_on(pool, fn, one);
        } catch (std::runtime_error const&) {
            failed = true;
            CHECK(alive == 2); // ours
        }
        CHECK(failed);
        {
            auto const never_awaited = run_on(pool, fn, one);
        }
        CHECK(alive == 2);
    }
    CHECK(alive == 0);
}

#if defined(__cpp_lib_jthread)
TETHER_FAR_CASE("TH26 TH21 a function that has begun is asked to stop and "
                "waited for; its value is delivered") {
    asio::thread_pool pool(1);
    bool told = false;
    int value = 0;
    bool after = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::atomic<bool> begun = false;
        auto child = group.spawn([&]() -> task<> {
            value = co_await run_on(pool, [&](std::stop_token stop) {
                begun = true;
                while (!stop.stop_requested())
                    std::this_thread::yield();
                told = true;
                return 9;
            });
            co_await checkpoint();
            after = true;
        });
        co_await until([&] { return begun.load(); });
        child.cancel();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
    });
    CHECK(told);
    CHECK(value == 9);
    CHECK_FALSE(after);
}

TETHER_FAR_CASE("TH26 a soft cancel requests the token as well") {
    asio::thread_pool pool(1);
    int value = 0;
    auto body = [&](cancel_scope& scope) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                value = co_await run_on(pool, [](std::stop_token stop) {
                    while (!stop.stop_requested())
                        std::this_thread::yield();
                    return 4;
                });
            });
            co_await checkpoint();
            scope.cancel_soft(10s);
        });
    };
    CHECK(co_await with_cancel_scope(body));
    CHECK(value == 4);
}
#endif

TETHER_TEST_CASE("TH21 in a cancelled scope nothing is handed over") {
    testing::manual_pool pool;
    auto body = [&](cancel_scope& scope) -> task<> {
        scope.cancel();
        co_await run_on(pool, [] { CHECK(false); });
        CHECK(false);
    };
    CHECK_FALSE(co_await with_cancel_scope(body));
    CHECK(pool.empty());
}

TETHER_TEST_CASE("TH21 what has not begun is taken back at once and never "
                 "called") {
    testing::manual_pool pool;
    int alive = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child = group.spawn([&]() -> task<> {
            auto fn = [mine = tally(alive)] { CHECK(false); };
            co_await run_on(pool, fn);
        });
        co_await testing::settle();
        CHECK(pool.size() == 1);
        CHECK(alive == 2); // the variable of the task, and the copy
        child.cancel();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
        CHECK(alive == 0);
    });
    pool.run_all();
}

TETHER_FAR_CASE("TH08 a function that gives up because it was asked to stops "
                "its task; otherwise the error is one") {
    asio::thread_pool pool(1);
    auto give_up = [] { throw cancelled_error(); };
    bool caught = false;
    try {
        co_await run_on(pool, give_up);
    } catch (cancelled_error const&) {
        caught = true;
    }
    CHECK(caught);
    co_await with_task_group([&](task_group& group) -> task<> {
        gate begun;
        gate asked;
        auto child = group.spawn([&]() -> task<> {
            co_await run_on(pool, [&] {
                begun.open();
                asked.wait();
                give_up();
            });
        });
        co_await until([&] { return begun.is_open(); });
        child.cancel();
        asked.open();
        co_await child.wait();
        CHECK(child.status() == task_status::cancelled);
    });
}
