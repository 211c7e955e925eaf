// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/combine/race.hpp>
#include <tether/combine/when_all.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/mutex.hpp>

#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<mutex_guard>);
static_assert(std::is_nothrow_move_constructible_v<mutex_guard>);
static_assert(std::is_nothrow_destructible_v<mutex_guard>);
static_assert(!std::is_move_constructible_v<mutex>);
static_assert(std::is_trivially_copyable_v<mutex_statistics>);

namespace {

constinit mutex static_mutex;

task<> locker(mutex& m, std::string name, event_log& log) {
    mutex_guard const held = co_await m.lock();
    log(name);
}

std::string text_of(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        return e.what();
    }
}

} // namespace

TETHER_TEST_CASE("MX01 a lock keeps the others out across awaits") {
    mutex m;
    std::vector<int> list;
    auto append_twice = [&](int id) -> task<> {
        mutex_guard const held = co_await m.lock();
        list.push_back(id);
        co_await checkpoint();
        co_await sleep_for(1ms);
        list.push_back(id);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 100; ++i)
            group.spawn(append_twice, i);
        co_return;
    });
    std::vector<int> expected;
    for (int i = 0; i != 100; ++i)
        expected.insert(expected.end(), {i, i}); // in order of arrival, too
    CHECK(list == expected);
}

TETHER_TEST_CASE("MX02 another task than the owner cannot unlock") {
    mutex m;
    mutex_guard held = co_await m.lock();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("thief"), [&]() -> task<> {
            std::string text;
            try {
                held.unlock();
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            CHECK_THAT(text, contains_text("mutex_guard::unlock: "));
            CHECK_THAT(text, contains_text("holds it, and task 'thief' gave "
                                           "it back"));
            co_return;
        });
        co_return;
    });
    CHECK(m.owned_by_this_task());
    held.unlock();
    CHECK_FALSE(m.statistics().locked);
}

TEST_CASE("MX02 a guard destroyed in another task terminates: it cannot "
          "throw") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            mutex m;
            auto held = std::make_unique<mutex_guard>(co_await m.lock());
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(named("thief"), [&]() -> task<> {
                    held.reset();
                    co_return;
                });
                co_return;
            });
        });
    });
    CHECK_THAT(text, contains_text("tether: mutex_guard: "));
    CHECK_THAT(text, contains_text("task 'thief' gave it back"));
}

TETHER_TEST_CASE("MX03 locking what the task holds is an error, not a "
                 "deadlock") {
    mutex m;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("twice"), [&]() -> task<> {
            mutex_guard const held = co_await m.lock();
            std::string by_lock;
            std::string by_try;
            try {
                mutex_guard const again = co_await m.lock();
            } catch (std::logic_error const& e) {
                by_lock = e.what();
            }
            try {
                static_cast<void>(m.try_lock());
            } catch (std::logic_error const& e) {
                by_try = e.what();
            }
            CHECK(by_lock == "mutex: task 'twice' holds the lock already and "
                             "would wait for itself");
            CHECK(by_try == by_lock);
            CHECK(m.owned_by_this_task());
        });
        co_return;
    });
    CHECK_FALSE(m.statistics().locked);
}

TETHER_TEST_CASE("MX03 legs of a combinator are tasks of their own to a "
                 "mutex") {
    mutex m;
    event_log log;
    co_await when_all(locker(m, "a", log), locker(m, "b", log));
    CHECK(log.text() == "a b");
}

TETHER_TEST_CASE("MX04 a task that ends while its guard lives on breaks the "
                 "mutex") {
    mutex m;
    std::unique_ptr<mutex_guard> leaked;
    std::string by_waiting;
    std::string by_lock;
    std::string by_try;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("careless"), [&]() -> task<> {
            leaked = std::make_unique<mutex_guard>(co_await m.lock());
            co_await checkpoint();
            co_await checkpoint();
        });
        group.spawn([&]() -> task<> {
            try {
                mutex_guard const never = co_await m.lock();
            } catch (broken_resource const& e) {
                by_waiting = e.what();
            }
        });
        co_return;
    });
    CHECK_THAT(by_waiting, contains_text("the mutex is broken: task 'careless' "
                                         "ended while it held it"));
    CHECK(m.statistics().broken);
    CHECK_FALSE(m.statistics().locked);
    CHECK_FALSE(leaked->owns_lock());
    try {
        mutex_guard const never = co_await m.lock();
    } catch (broken_resource const& e) {
        by_lock = e.what();
    }
    try {
        static_cast<void>(m.try_lock());
    } catch (broken_resource const& e) {
        by_try = e.what();
    }
    CHECK(by_lock == by_waiting);
    CHECK(by_try == by_waiting);
    leaked.reset(); // nothing any more
}

TETHER_TEST_CASE("MX04 a leg leaves its lock to the task that awaits it") {
    mutex a;
    mutex b;
    {
        auto both = co_await when_all(a.lock(), b.lock());
        CHECK(a.owned_by_this_task());
        CHECK(b.owned_by_this_task());
        std::get<0>(both).unlock();
    }
    CHECK_FALSE(a.statistics().locked);
    CHECK_FALSE(b.statistics().locked);
    CHECK_FALSE(a.statistics().broken);
    // What nobody takes is unlocked.
    auto const winner = co_await race(a.lock(), b.lock(), sleep_for(1s));
    CHECK(winner.index() == 0);
    CHECK(a.owned_by_this_task());
    CHECK_FALSE(b.statistics().locked);
    CHECK_FALSE(b.statistics().broken);
}

TETHER_TEST_CASE("MX05 unlocking what is not locked is an error") {
    mutex m;
    mutex_guard held = co_await m.lock();
    held.unlock();
    std::string text;
    try {
        held.unlock();
    } catch (std::logic_error const& e) {
        text = e.what();
    }
    CHECK(text == "mutex_guard::unlock: this guard holds no lock");
    CHECK_THROWS_AS(mutex_guard().unlock(), std::logic_error);
    mutex_guard const again = co_await m.lock();
    CHECK(again.owns_lock());
    CHECK_FALSE(held.owns_lock());
}

TETHER_TEST_CASE("MX06 the lock goes to the first waiter, and nobody "
                 "overtakes") {
    mutex m;
    event_log log;
    mutex_guard held = co_await m.lock();
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c"})
            group.spawn(locker, std::ref(m), std::string(name), std::ref(log));
        co_await checkpoint();
        held.unlock();
        // "a" has not run, but the lock is its own.
        CHECK(m.statistics().locked);
        CHECK_FALSE(m.owned_by_this_task());
        CHECK_FALSE(m.try_lock().has_value());
        co_await locker(m, "newcomer", log);
    });
    CHECK(log.text() == "a b c newcomer");
    CHECK(m.try_lock().has_value());
}

TETHER_TEST_CASE("MX07 who holds the lock and how many wait can be seen") {
    mutex m;
    event done;
    CHECK_FALSE(m.statistics().locked);
    CHECK(m.statistics().owner.empty());
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("writer"), [&]() -> task<> {
            mutex_guard const held = co_await m.lock();
            co_await done.wait();
        });
        auto waiter =
            group.spawn(locker, std::ref(m), std::string("w"), std::ref(log));
        co_await checkpoint();
        CHECK(m.statistics().locked);
        CHECK(m.statistics().owner == "writer");
        CHECK(m.statistics().waiting == 1);
        CHECK_FALSE(m.owned_by_this_task());
        waiter.cancel();
        CHECK(m.statistics().waiting == 0);
        done.set();
    });
}

TETHER_TEST_CASE(
    "MX08 there are no priorities: services, main tasks and others "
    "lock in the order of their arrival") {
    mutex m;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        {
            mutex_guard const held = co_await m.lock();
            group.spawn(locker, std::ref(m), "plain", std::ref(log));
            group.spawn(as_service, locker, std::ref(m), "service",
                        std::ref(log));
            group.spawn(as_main, locker, std::ref(m), "main", std::ref(log));
            co_await checkpoint();
            CHECK(m.statistics().waiting == 3);
        }
        while (m.statistics().locked) // as_main ends the others' group
            co_await checkpoint();
    });
    CHECK(log.text() == "plain service main");
}

TETHER_TEST_CASE("a moved guard keeps the lock, an assigned one lets go of "
                 "its own") {
    mutex m;
    mutex other;
    mutex_guard a = co_await m.lock();
    mutex_guard b = std::move(a);
    CHECK_FALSE(a.owns_lock()); // NOLINT(bugprone-use-after-move)
    CHECK(b.owns_lock());
    a = co_await other.lock();
    b = std::move(a);
    CHECK_FALSE(m.statistics().locked);
    CHECK(other.owned_by_this_task());
    mutex_guard& same = b;
    b = std::move(same);
    CHECK(b.owns_lock());
}

TETHER_TEST_CASE("scoped holds the lock while its function runs") {
    mutex m;
    int const answer = co_await m.scoped([&]() -> task<int> {
        CHECK(m.owned_by_this_task());
        co_await checkpoint();
        co_return 42;
    });
    CHECK(answer == 42);
    auto fail = [&]() -> task<> {
        co_await checkpoint();
        throw std::runtime_error("inside");
    };
    std::exception_ptr error;
    try {
        co_await m.scoped(fail);
    } catch (...) {
        error = std::current_exception();
        CHECK_FALSE(m.statistics().locked);
    }
    CHECK(text_of(error) == "inside");
    bool const ended = co_await move_on_after(
        1s, m.scoped([]() -> task<> { co_await sleep_forever(); }));
    CHECK_FALSE(ended);
    CHECK_FALSE(m.statistics().locked);
}

TEST_CASE("a mutex is for tasks: other code is refused") {
    CHECK_THROWS_WITH(static_mutex.try_lock(),
                      contains_text("mutex::try_lock: called outside of a "
                                    "task"));
    run_virtual([]() -> task<> {
        CHECK_THROWS_AS(mutex_guard().unlock(), std::logic_error);
        mutex_guard const held = co_await static_mutex.lock();
    });
}

TEST_CASE("a lock handed to a waiter whose frame is destroyed passes on") {
    mutex m;
    int resumed = 0;
    {
        other_loop gone;
        for (int i = 0; i != 3; ++i) {
            gone.start([&]() -> task<> {
                mutex_guard const held = co_await m.lock();
                ++resumed;
                co_await sleep_forever();
            });
        }
        CHECK(m.statistics().locked);
        CHECK(m.statistics().waiting == 2);
    }
    CHECK(resumed == 1);
    CHECK_FALSE(m.statistics().locked);
    CHECK_FALSE(m.statistics().broken);
    CHECK(m.statistics().waiting == 0);
}

TETHER_TEST_CASE("a mutex that a task of another loop holds is refused, with "
                 "the names of both") {
    mutex m;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto owner = group.spawn(named("first"), [&]() -> task<> {
            mutex_guard const held = co_await m.lock();
            co_await sleep_forever();
        });
        co_await checkpoint();
        other_loop second;             // nobody waits yet
        second.start([&]() -> task<> { //
            mutex_guard const held = co_await m.lock();
        });
        CHECK_THAT(second.error_text(),
                   contains_text("mutex: task 'first' of loop 0x"));
        CHECK_THAT(second.error_text(), contains_text("holds it, and task "
                                                      "'other main' of loop"));
        owner.cancel();
    });
    other_loop later;
    later.start([&]() -> task<> { //
        mutex_guard const held = co_await m.lock();
    });
    CHECK(later.ended() == 1);
    CHECK(later.error_text().empty());
}

TEST_CASE("destroying a mutex that is locked names the owner and "
          "terminates") {
    std::string const held = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto m = std::make_unique<mutex>();
                group.spawn(named("owner"), [&]() -> task<> {
                    mutex_guard const guard = co_await m->lock();
                    co_await sleep_forever();
                });
                co_await checkpoint();
                m.reset();
            });
        });
    });
    CHECK_THAT(held, contains_text("a mutex was destroyed while task 'owner' "
                                   "holds it"));
}
