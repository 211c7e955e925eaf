// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/sync.hpp>
#include <tether/task/co_spawn.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <stdexcept>
#include <thread>

using namespace tether;
using namespace tether_test;

namespace {

constinit event static_event;
constinit semaphore static_semaphore(1);

task<> taker(semaphore& s, std::string name, event_log& log) {
    permit const held = co_await s.acquire();
    log(name);
}
task<> hold_for_ever(semaphore& s) {
    permit const held = co_await s.acquire();
    co_await sleep_forever();
}
task<> wait_for(event& e) {
    co_await e.wait();
}

} // namespace

TEST_CASE("SY01 a primitive is made before any loop exists") {
    CHECK(static_semaphore.statistics().available == 1);
    auto held = static_semaphore.try_acquire();
    CHECK(held.has_value());
    held.reset();
    semaphore local(0);
    local.release(); // nobody waits: no loop is needed
    run_virtual([&]() -> task<> {
        permit const one = co_await static_semaphore.acquire();
        permit const two = co_await local.acquire();
        static_event.set();
        co_await static_event.wait();
    });
    CHECK(local.statistics().available == 1);
    CHECK(static_event.is_set());
}

TEST_CASE("SY02 a primitive is used by one run after the other") {
    semaphore s(1);
    event_log log;
    for (int i = 0; i != 3; ++i) {
        run_virtual([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(taker, std::ref(s), "a" + std::to_string(i),
                            std::ref(log));
                group.spawn(taker, std::ref(s), "b" + std::to_string(i),
                            std::ref(log));
                co_return;
            });
        });
        CHECK(s.statistics().waiting == 0);
        CHECK(s.statistics().available == 1);
    }
    CHECK(log.text() == "a0 b0 a1 b1 a2 b2");
}

TETHER_TEST_CASE("SY03 contended use from two loops is an error that names "
                 "both") {
    semaphore s(1);
    event e;
    permit held = co_await s.acquire();
    bool released = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("first"), [&]() -> task<> {
            permit const mine = co_await s.acquire();
            released = true;
        });
        group.spawn(wait_for, std::ref(e));
        co_await checkpoint();
        other_loop second;
        second.start(
            [&]() -> task<> { permit const p = co_await s.acquire(); });
        CHECK(second.ended() == 1);
        CHECK_THAT(second.error_text(), contains_text("semaphore: task 'first' "
                                                      "of loop 0x"));
        CHECK_THAT(second.error_text(),
                   contains_text("and task 'other main' of loop 0x"));
        second.start([&]() -> task<> {
            s.release();
            co_return;
        });
        CHECK(second.ended() == 2);
        CHECK_THAT(second.error_text(), contains_text("semaphore"));
        second.start([&]() -> task<> {
            static_cast<void>(s.try_acquire());
            co_return;
        });
        CHECK(second.ended() == 3);
        second.start([&]() -> task<> {
            e.set();
            co_return;
        });
        CHECK_THAT(second.error_text(), contains_text("event: task"));
        second.start([&]() -> task<> { co_await e.wait(); });
        CHECK(second.ended() == 5);
        CHECK_FALSE(e.is_set());
        CHECK_FALSE(released);
        CHECK(s.statistics().waiting == 1);
        e.set();
        held.release();
    });
    CHECK(released);
    // Nobody waits: the other loop may use both.
    other_loop later;
    later.start([&]() -> task<> {
        permit const p = co_await s.acquire();
        co_await e.wait();
    });
    CHECK(later.ended() == 1);
    CHECK(later.error_text().empty());
}

TETHER_TEST_CASE("SY04 waiters are served in the order in which they came") {
    semaphore s(0);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c", "d"})
            group.spawn(taker, std::ref(s), std::string(name), std::ref(log));
        co_await checkpoint();
        s.release();
    });
    CHECK(log.text() == "a b c d");
}

TETHER_TEST_CASE("SY05 a permit that comes back belongs to the first waiter at "
                 "once") {
    semaphore s(1);
    event_log log;
    permit held = co_await s.acquire();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(taker, std::ref(s), std::string("waiter"), std::ref(log));
        co_await checkpoint();
        held.release();
        // The waiter has not run, but the permit is its own.
        CHECK(s.statistics().available == 0);
        CHECK(s.statistics().held == 1);
        CHECK_FALSE(s.try_acquire().has_value());
        co_await taker(s, "newcomer", log);
    });
    CHECK(log.text() == "waiter newcomer");
}

TETHER_TEST_CASE("SY06 trying fails while anybody waits, even with a permit "
                 "free") {
    semaphore s(1);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto large = group.spawn([&]() -> task<> {
            permit const both = co_await s.acquire(2);
            log("both");
        });
        co_await checkpoint();
        CHECK(s.statistics().available == 1);
        CHECK_FALSE(s.try_acquire().has_value());
        s.release();
        co_await large;
        CHECK(s.try_acquire(2).has_value());
    });
    CHECK(log.text() == "both");
}

TETHER_TEST_CASE("SY07 a cancelled waiter leaves, the others keep their "
                 "order") {
    semaphore s(0);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        std::vector<task_handle<void>> handles;
        for (int i = 0; i != 6; ++i)
            handles.push_back(group.spawn(taker, std::ref(s), std::to_string(i),
                                          std::ref(log)));
        co_await checkpoint();
        handles[1].cancel();
        handles[5].cancel();
        handles[3].cancel();
        CHECK(s.statistics().waiting == 3); // at once, not when they unwind
        s.release();
    });
    CHECK(log.text() == "0 2 4");
}

TETHER_TEST_CASE("SY08 a cancel after the hand-off lets the acquire succeed "
                 "and stops at the next checkpoint") {
    semaphore s(0);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            permit const held = co_await s.acquire();
            log("acquired");
            co_await checkpoint();
            log("never");
        });
        co_await checkpoint();
        s.release();
        handle.cancel();
        co_await handle.wait();
        CHECK(handle.status() == task_status::cancelled);
    });
    CHECK(log.text() == "acquired");
    CHECK(s.statistics().available == 1);
}

TETHER_TEST_CASE("SY09 a cancelled head lets the next go on when a permit is "
                 "free") {
    semaphore s(1);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto head = group.spawn([&]() -> task<> {
            permit const two = co_await s.acquire(2);
            log("never");
        });
        group.spawn(taker, std::ref(s), std::string("next"), std::ref(log));
        co_await checkpoint();
        head.cancel();
        CHECK(s.statistics().held == 1);
    });
    CHECK(log.text() == "next");
    CHECK(s.statistics().available == 1);
}

TETHER_TEST_CASE("SY10 an acquire without contention is a checkpoint and does "
                 "not yield until the budget is used up") {
    semaphore s(1);
    bool other_ran = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        for (int i = 0; i != 32; ++i) {
            permit const held = co_await s.acquire();
            CHECK_FALSE(other_ran);
        }
        for (int i = 0; i != 64; ++i)
            permit const held = co_await s.acquire();
        CHECK(other_ran);
    });
    bool reached = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            permit const held = co_await s.acquire();
            reached = true;
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(reached);
    CHECK(s.statistics().available == 1);
}

TETHER_TEST_CASE("SY11 the guard moves, and gives back once") {
    semaphore s(2);
    permit a = co_await s.acquire();
    permit b = std::move(a);
    CHECK(s.statistics().held == 1);
    a = co_await s.acquire();
    CHECK(s.statistics().held == 2);
    b = std::move(a); // what b held comes back
    CHECK(s.statistics().held == 1);
    static_assert(std::is_nothrow_destructible_v<permit>);
    static_assert(noexcept(std::declval<permit&>().release()));
    std::size_t const before = allocations();
    {
        permit const gone = std::move(b);
    }
    CHECK(allocations() == before);
    CHECK(s.statistics().available == 2);
}

TEST_CASE("SY12 destroying a primitive with waiters names them and "
          "terminates") {
    std::string const of_event = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto e = std::make_unique<event>();
                group.spawn(named("reader"), wait_for, std::ref(*e));
                co_await checkpoint();
                e.reset();
            });
        });
    });
    CHECK_THAT(of_event, contains_text("tether: event destroyed while "
                                       "tasks wait for it: 'reader' at"));
    CHECK_THAT(of_event, contains_text("sync_rules.cpp:"));

    std::string const of_semaphore = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto s = std::make_unique<semaphore>(0);
                for (int i = 0; i != 10; ++i)
                    group.spawn(hold_for_ever, std::ref(*s));
                co_await checkpoint();
                s.reset();
            });
        });
    });
    CHECK_THAT(of_semaphore, contains_text("semaphore destroyed while "
                                           "tasks wait for it"));
    CHECK_THAT(of_semaphore, contains_text("and more"));

    std::string const held = last_words([] {
        auto s = std::make_unique<semaphore>(1);
        auto const p = s->try_acquire();
        s.reset();
    });
    CHECK_THAT(held, contains_text("while permits of it are held"));
}

TETHER_TEST_CASE("SY13 statistics count what is free, held and waited for") {
    semaphore s(3, 5);
    permit const held = co_await s.acquire(2);
    CHECK(s.statistics().available == 1);
    CHECK(s.statistics().held == 2);
    CHECK(s.statistics().waiting == 0);
    CHECK(s.statistics().maximum == 5);
    event e;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a = group.spawn(
            [&]() -> task<> { permit const p = co_await s.acquire(4); });
        auto b = group.spawn(wait_for, std::ref(e));
        co_await checkpoint();
        CHECK(s.statistics().waiting == 1);
        CHECK(e.statistics().waiting == 1);
        a.cancel();
        b.cancel();
        CHECK(s.statistics().waiting == 0);
        CHECK(e.statistics().waiting == 0);
    });
}

TETHER_TEST_CASE("SY14 a wait allocates nothing") {
    semaphore s(1);
    event e;
    std::size_t waits = 0;
    std::size_t by_waiting = 0;
    auto contender = [&]() -> task<> {
        std::size_t const before = allocations();
        for (int i = 0; i != 50; ++i) {
            permit const held = co_await s.acquire();
            waits += s.statistics().waiting;
            co_await checkpoint();
        }
        co_await e.wait();
        by_waiting += allocations() - before;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(std::ref(contender));
        group.spawn(std::ref(contender));
        co_await sleep_for(1ms);
        e.set();
    });
    CHECK(waits > 50); // there was contention
    CHECK(by_waiting == 0);
}

TETHER_TEST_CASE("SY15 a release from another thread is refused") {
    semaphore s(1);
    event e;
    permit held = co_await s.acquire();
    bool acquired = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            permit const p = co_await s.acquire();
            acquired = true;
        });
        group.spawn(wait_for, std::ref(e));
        co_await checkpoint();
        std::string by_release;
        std::string by_set;
        std::thread([&] {
            try {
                s.release();
            } catch (std::logic_error const& error) {
                by_release = error.what();
            }
            try {
                e.set();
            } catch (std::logic_error const& error) {
                by_set = error.what();
            }
        }).join();
        CHECK_THAT(by_release, contains_text("code outside of every loop"));
        CHECK_THAT(by_set, contains_text("code outside of every loop"));
        CHECK_FALSE(e.is_set());
        CHECK(s.statistics().waiting == 1);
        e.set();
        held.release();
    });
    CHECK(acquired);
}

TEST_CASE(
    "SY15 a handler that was posted to the strand of the tasks is as good "
    "as one of them") {
    boost::asio::io_context io;
    auto const strand = boost::asio::make_strand(io);
    event e;
    semaphore s(1);
    bool woken = false;
    std::string beside;
    auto const root = [&]() -> task<> {
        permit const held = co_await s.acquire();
        boost::asio::post(io, [&] { // of the context, not of the strand
            try {
                e.set();
            } catch (std::logic_error const& error) {
                beside = error.what();
            }
        });
        boost::asio::post(strand, [&] {
            CHECK(e.statistics().waiting == 1);
            e.set();
        });
        co_await e.wait();
        woken = true;
    };
    co_spawn(strand, root, boost::asio::detached);
    io.run();
    CHECK(woken);
    CHECK_THAT(beside, contains_text("a primitive serves one loop"));
}
