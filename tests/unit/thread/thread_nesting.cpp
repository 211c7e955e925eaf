// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How deep may calls go to a thread and back, with as few tokens as one?
#include "unit/thread/thread_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/thread/from_thread.hpp>

#include <functional>
#include <memory>
#include <string>

namespace {

using namespace tether_test;

// To a thread and back, and so on; the two limiters take turns.
task<int> down(capacity_limiter& limiter, capacity_limiter& next, int depth) {
    if (depth == 0)
        co_return 0;
    int const below = co_await to_thread({.limiter = &limiter}, [&] {
        return from_thread::run(down, std::ref(next), std::ref(limiter),
                                depth - 1);
    });
    co_return below + 1;
}

} // namespace

TETHER_TEST_CASE("TH14 calls go back and forth with a single token") {
    capacity_limiter limiter(1);
    int const depth = co_await down(limiter, limiter, 20);
    CHECK(depth == 20);
    CHECK(limiter.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH14 with one token of each of two limiters, which take "
                 "turns, as well") {
    capacity_limiter one(1);
    capacity_limiter other(1);
    int const depth = co_await down(one, other, 20);
    CHECK(depth == 20);
    CHECK(one.statistics().borrowed + other.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH14 a token that is lent serves nested calls one at a time, "
                 "in their order") {
    capacity_limiter limiter(1);
    event_log log;
    std::atomic<int> at_work{0};
    std::atomic<bool> together{false};
    auto const nested = [&](std::string name) -> task<> {
        co_await to_thread({.limiter = &limiter}, [&] {
            if (++at_work != 1)
                together = true;
            log(name);
            --at_work;
        });
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread({.limiter = &limiter}, [&] {
                from_thread::run([&]() -> task<> {
                    co_await with_task_group([&](task_group& inner) -> task<> {
                        for (char const* name : {"a", "b", "c"})
                            inner.spawn(nested, std::string(name));
                        co_return;
                    });
                });
            });
        });
        group.spawn([&]() -> task<> { // has to wait for a token of its own
            co_await checkpoint();
            co_await nested("outside");
        });
        co_return;
    });
    CHECK(log.text() == "a b c outside");
    CHECK(!together);
    CHECK(limiter.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH14 nested calls use free tokens as well") {
    capacity_limiter limiter(3);
    gate hold;
    int ended = 0;
    co_await to_thread({.limiter = &limiter}, [&] {
        from_thread::run([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 5; ++i)
                    group.spawn([&]() -> task<> {
                        co_await to_thread({.limiter = &limiter},
                                           [&] { hold.pass(); });
                        ++ended;
                    });
                co_await until_arrived(hold, 3);
                for (int i = 0; i != 100; ++i)
                    co_await checkpoint();
                CHECK(hold.arrived() == 3); // two tokens and the loan
                CHECK(limiter.statistics().borrowed == 3);
                CHECK(limiter.statistics().waiting == 2);
                hold.open();
            });
        });
    });
    CHECK(ended == 5);
    CHECK(limiter.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH14 nested calls that wait can be cancelled") {
    capacity_limiter limiter(1);
    gate hold;
    event_log log;
    co_await to_thread({.limiter = &limiter}, [&] {
        from_thread::run([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await to_thread({.limiter = &limiter},
                                       [&] { hold.pass(); });
                });
                auto second = group.spawn([&]() -> task<> {
                    co_await to_thread({.limiter = &limiter},
                                       [&] { log("second"); });
                });
                group.spawn([&]() -> task<> {
                    co_await to_thread({.limiter = &limiter},
                                       [&] { log("third"); });
                });
                co_await until_arrived(hold);
                second.cancel();
                hold.open();
            });
        });
    });
    CHECK(log.text() == "third");
    CHECK(limiter.statistics().waiting == 0);
}

TETHER_TEST_CASE("TH04 TH14 a nested call that is left behind counts beside "
                 "the limit until it has ended, and its loan is free again") {
    capacity_limiter limiter(1);
    auto const hold = std::make_shared<gate>();
    auto const hangs = [](std::shared_ptr<gate> g) { g->pass(); };
    int after = 0;
    co_await to_thread({.limiter = &limiter}, [&] {
        from_thread::run([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await to_thread(abandon_on_cancel, {.limiter = &limiter},
                                       hangs, hold);
                });
                co_await until_arrived(*hold);
                group.cancel();
            });
            CHECK(limiter.statistics().borrowed == 2);
            after = co_await to_thread({.limiter = &limiter}, [] { return 1; });
        });
    });
    CHECK(after == 1);
    CHECK(limiter.statistics().borrowed == 1);
    hold->open();
    co_await until([&] { return limiter.statistics().borrowed == 0; });
}

TETHER_TEST_CASE("TH14 calls with another limiter need its tokens") {
    capacity_limiter outer(1);
    capacity_limiter inner(1);
    std::size_t borrowed = 0;
    co_await to_thread({.limiter = &outer}, [&] {
        from_thread::run([&]() -> task<> {
            co_await to_thread({.limiter = &inner},
                               [&] { borrowed = inner.statistics().borrowed; });
        });
    });
    CHECK(borrowed == 1);
}
