// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/sync/scoped_thread_lock.hpp>

#include <mutex>
#include <string>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<scoped_thread_lock<std::mutex>>);
static_assert(!std::is_move_constructible_v<scoped_thread_lock<std::mutex>>);

namespace {

task<int> at_once() {
    co_return 1;
}

} // namespace

TETHER_TEST_CASE("MX09 an await that completes at once is no wait, and the "
                 "locks are given back") {
    std::mutex one;
    std::mutex two;
    int sum = 0;
    {
        scoped_thread_lock const both(one, two);
        sum += co_await at_once();
        auto const all = co_await when_all(at_once(), at_once());
        sum += std::get<0>(all) + std::get<1>(all);
    }
    CHECK(sum == 3);
    CHECK(one.try_lock());
    one.unlock();
    CHECK(two.try_lock());
    two.unlock();
    co_await checkpoint();
    co_await sleep_for(1ms);
}

TEST_CASE("MX09 outside of a task it is a plain lock") {
    std::mutex m;
    {
        scoped_thread_lock const lock(m);
        bool free = true;
        std::thread([&] { free = m.try_lock(); }).join();
        CHECK_FALSE(free);
    }
    CHECK(m.try_lock());
    m.unlock();
}

TEST_CASE("MX09 a task that waits with the lock held ends the program, and the "
          "await is named") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            std::mutex m;
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(named("careless"), [&]() -> task<> {
                    scoped_thread_lock const lock(m);
                    co_await sleep_for(1ms);
                });
                co_return;
            });
        });
    });
    CHECK_THAT(text, contains_text("task 'careless' waits at "));
    CHECK_THAT(text, contains_text("scoped_thread_lock.cpp:"));
    CHECK_THAT(text, contains_text("use a tether::mutex"));
}
