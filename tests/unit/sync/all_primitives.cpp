// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do the rules that hold for all primitives hold for each?
#include "sync_rows.hpp"

#include <stdexcept>
#include <thread>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

constinit semaphore a_semaphore(1);
constinit mutex a_mutex;
constinit shared_mutex a_shared_mutex;
constinit capacity_limiter a_limiter(1);
constinit event an_event;
constinit resettable_event a_resettable;
constinit latch a_latch(2);
constinit barrier a_barrier(2);
constinit mutex of_condition;
constinit condition_variable a_condition(of_condition);
constinit parking_lot a_lot;

task<> three_waiters(task_group& group, row& r) {
    for (int i = 0; i != 3; ++i) {
        std::string const name = "w" + std::to_string(i);
        group.spawn(
            named(name), [&r](std::string who) { return r.wait(who); }, name);
    }
    co_await checkpoint();
    CHECK(r.waiting() == 3);
}

} // namespace

TEST_CASE("SY14 no primitive allocates for a wait; SY02 each serves one run "
          "after the other") {
    // Two of these meet at everything: whoever is first waits for the other.
    // Each lock is held longer than the one before, so that the second waits
    // again.
    auto contender = [](std::size_t& waits, std::size_t& by_waiting) -> task<> {
        std::size_t const before = allocations();
        for (int i = 0; i != 20; ++i) {
            {
                permit const held = co_await a_semaphore.acquire();
                for (int k = 0; k != 2; ++k)
                    co_await checkpoint();
                waits += a_semaphore.statistics().waiting;
            }
            {
                mutex_guard const held = co_await a_mutex.lock();
                for (int k = 0; k != 4; ++k)
                    co_await checkpoint();
                waits += a_mutex.statistics().waiting;
            }
            {
                write_guard const held = co_await a_shared_mutex.lock();
                for (int k = 0; k != 6; ++k)
                    co_await checkpoint();
                waits += a_shared_mutex.statistics().waiting;
            }
            {
                read_guard const held = co_await a_shared_mutex.lock_shared();
                for (int k = 0; k != 8; ++k)
                    co_await checkpoint();
            }
            {
                borrowed_token const held = co_await a_limiter.acquire();
                for (int k = 0; k != 10; ++k)
                    co_await checkpoint();
                waits += a_limiter.statistics().waiting;
            }
            if (a_resettable.statistics().waiting == 0) {
                co_await a_resettable.wait();
            } else {
                ++waits;
                a_resettable.set();
                a_resettable.clear();
            }
            {
                mutex_guard lock = co_await of_condition.lock();
                if (a_condition.notify() == 0)
                    co_await a_condition.wait(lock);
                else
                    ++waits;
            }
            if (a_lot.unpark() == 0)
                co_await a_lot.park();
            else
                ++waits;
            co_await a_barrier.arrive_and_wait();
        }
        by_waiting += allocations() - before;
    };
    auto two_contenders = [&]() -> task<> {
        std::size_t waits = 0;
        std::size_t by_waiting = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(contender, std::ref(waits), std::ref(by_waiting));
            group.spawn(contender, std::ref(waits), std::ref(by_waiting));
            co_return;
        });
        CHECK(waits > 100); // there was contention
        CHECK(by_waiting == 0);
    };
    for (int i = 0; i != 3; ++i)
        run_virtual(two_contenders);
}

TEST_CASE("SY01 whatever has no state on the heap is made before main") {
    an_event.set();
    a_latch.count_down();
    CHECK(an_event.is_set());
    CHECK_FALSE(a_latch.try_wait());
    CHECK(a_barrier.statistics().parties == 2);
}

TEST_CASE("SY03 waiting at any primitive from a second loop is an error that "
          "names both") {
    for (auto const make_row : rows) {
        auto const r = make_row();
        INFO(r->name());
        run_virtual([&]() -> task<> {
            co_await r->prepare();
            co_await with_task_group([&](task_group& group) -> task<> {
                co_await three_waiters(group, *r);
                other_loop second;
                second.start([&]() { return r->wait("foreign"); });
                CHECK(second.ended() == 1);
                CHECK_THAT(second.error_text(), contains_text("of loop 0x"));
                CHECK_THAT(second.error_text(),
                           contains_text("and task 'other main' of loop 0x"));
                CHECK_THAT(second.error_text(),
                           contains_text("used it: a primitive serves one "
                                         "loop at a time"));
                CHECK(r->waiting() == 3);
                co_await r->release();
            });
        });
        CHECK(r->got.text() == "w0 w1 w2");
        CHECK(r->at_rest());
    }
}

TEST_CASE("SY12 destroying any primitive with waiters names them and "
          "terminates") {
    for (auto const make_row : rows) {
        std::string const name = make_row()->name();
        INFO(name);
        std::string const text = last_words([&] {
            run_virtual([&]() -> task<> {
                auto r = make_row();
                co_await r->prepare();
                co_await with_task_group([&](task_group& group) -> task<> {
                    co_await three_waiters(group, *r);
                    r.reset();
                });
            });
        });
        CHECK_THAT(text, contains_text("destroyed while tasks wait for it: '"));
        CHECK_THAT(text, contains_text("'w2' at "));
    }
}

TETHER_TEST_CASE("SY15 no primitive is let go by another thread while tasks "
                 "wait") {
    resettable_event e;
    latch l(1);
    barrier b(2);
    capacity_limiter limiter(0);
    parking_lot lot;
    promise<void> p;
    future<void> f = p.get_future();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { co_await e.wait(); });
        group.spawn([&]() -> task<> { co_await l.wait(); });
        group.spawn([&]() -> task<> { co_await b.arrive_and_wait(); });
        group.spawn([&]() -> task<> {
            borrowed_token const t = co_await limiter.acquire();
        });
        group.spawn([&]() -> task<> { co_await lot.park(); });
        group.spawn([&]() -> task<> { co_await f.wait(); });
        co_await checkpoint();
        int refused = 0;
        std::thread([&] {
            auto const try_it = [&](auto action) {
                try {
                    action();
                } catch (std::logic_error const&) {
                    ++refused;
                }
            };
            try_it([&] { e.set(); });
            try_it([&] { e.clear(); });
            try_it([&] { l.count_down(); });
            try_it([&] { b.reset(); });
            try_it([&] { b.abort(); });
            try_it([&] { limiter.set_total(1); });
            try_it([&] { lot.unpark(); });
            try_it([&] { lot.break_lot(); });
            try_it([&] { p.set_value(); });
        }).join();
        CHECK(refused == 9);
        CHECK(e.statistics().waiting == 1);
        CHECK(l.statistics().waiting == 1);
        CHECK(b.statistics().waiting == 1);
        CHECK(limiter.statistics().waiting == 1);
        CHECK(lot.statistics().parked == 1);
        CHECK(f.statistics().waiting == 1);
        group.cancel();
    });
}
