// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do the primitives stand every stop, every fault and every order?
#include "everywhere.hpp"

#include <functional>

namespace {

using namespace tether_test;

task<> permits(world& w) {
    life me(w);
    auto user = [&](std::size_t n) -> task<> {
        life here(w, &me);
        for (int i = 0; i < 2; ++i) {
            auto held = co_await w.permits.acquire(n);
            co_await checkpoint();
            if (n == 2) {
                permit const half = held.split(1);
                co_await sleep_for(1ms);
            }
            auto const more = co_await move_on_after(1ms, w.permits.acquire());
            static_cast<void>(more);
        }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        for (std::size_t i = 0; i < 4; ++i)
            group.spawn(user, 1 + i % 2);
        auto inside = [&]() -> task<int> { return work(w, me, 1); };
        auto const got =
            co_await race(w.permits.acquire(2), w.permits.acquire());
        static_cast<void>(inside);
    });
}

task<> events(world& w) {
    life me(w);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i)
            group.spawn([&]() -> task<> {
                life here(w, &me);
                co_await w.opened.wait();
                auto const held = co_await w.permits.acquire();
                co_await checkpoint();
            });
        auto const early = co_await move_on_after(1ms, w.opened.wait());
        static_cast<void>(early);
        w.opened.set();
        co_await w.opened.wait();
    });
}

task<> locks(world& w) {
    life me(w);
    mutex guard;
    int inside = 0;
    auto user = [&]() -> task<> {
        life here(w, &me);
        auto const lock = co_await guard.lock();
        require(++inside == 1, "one is inside of the mutex");
        struct leave {
            int& n;
            ~leave() { --n; }
        } const at_exit{inside};
        co_await sleep_for(1ms);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i)
            group.spawn(user);
        auto const got = co_await move_on_after(1ms, guard.lock());
        static_cast<void>(got);
    });
    require(!guard.statistics().locked, "the mutex is free");
}

} // namespace

TEST_CASE("TE17 the semaphore, swept") {
    everywhere(permits);
}
TEST_CASE("TE17 the event, swept") {
    everywhere(events);
}
TEST_CASE("TE17 the mutex, swept") {
    everywhere(locks);
}
