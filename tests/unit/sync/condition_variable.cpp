// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/sync/condition_variable.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/co_spawn.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<condition_variable>);
static_assert(std::is_trivially_copyable_v<condition_variable_statistics>);

namespace {

constinit mutex static_mutex;
constinit condition_variable static_condition(static_mutex);

struct monitor {
    mutex m;
    condition_variable changed{m};
    event_log log;

    task<> waiter(std::string name) {
        mutex_guard lock = co_await m.lock();
        exit_note const gone(
            log,
            "~" + name + (m.owned_by_this_task() ? "" : " without the lock"));
        co_await changed.wait(lock);
        CHECK(lock.owns_lock());
        CHECK(m.owned_by_this_task());
        log(name);
    }
    task<> notify(std::size_t n = 1) {
        mutex_guard const lock = co_await m.lock();
        changed.notify(n);
    }
    task<> notify_all() {
        mutex_guard const lock = co_await m.lock();
        changed.notify_all();
    }
    task_handle<void> spawn(task_group& group, std::string name) {
        return group.spawn([this, name]() { return waiter(name); });
    }
};

// Says whether the lock is held where a stop destroys it.
class lock_note {
public:
    lock_note(mutex& m, event_log& log) : mutex_(&m), log_(&log) {}
    lock_note(lock_note const&) = delete;
    lock_note& operator=(lock_note const&) = delete;
    ~lock_note() { (*log_)(mutex_->owned_by_this_task() ? "held" : "lost"); }

private:
    mutex* mutex_;
    event_log* log_;
};

} // namespace

TETHER_TEST_CASE("CV01 waiting or notifying without the lock is an error") {
    mutex m;
    mutex other;
    condition_variable c(m);
    CHECK_THROWS_WITH(c.notify(), contains_text("does not hold the mutex"));
    CHECK_THROWS_AS(c.notify_all(), std::logic_error);
    mutex_guard empty;
    mutex_guard strange = co_await other.lock();
    int errors = 0;
    for (mutex_guard* lock : {&empty, &strange}) {
        try {
            co_await c.wait(*lock);
        } catch (std::logic_error const&) {
            ++errors;
        }
        try {
            static_cast<void>(co_await c.wait_for(*lock, 1s));
        } catch (std::logic_error const&) {
            ++errors;
        }
    }
    CHECK(errors == 4);
    CHECK(strange.owns_lock());
    mutex_guard mine = co_await m.lock();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { // our guard, but another task
            bool refused = false;
            try {
                co_await c.wait(mine);
            } catch (std::logic_error const&) {
                refused = true;
            }
            CHECK(refused);
            CHECK_THROWS_AS(c.notify(), std::logic_error);
        });
        co_return;
    });
    CHECK(c.notify() == 0); // nobody waits
    CHECK_THROWS_AS(static_condition.notify(), std::logic_error);
}

TETHER_TEST_CASE("CV02 wait unlocks, waits, and locks again before it "
                 "returns") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        s.spawn(group, "a");
        co_await checkpoint();
        CHECK(s.changed.statistics().waiting == 1);
        mutex_guard lock = co_await s.m.lock(); // it is free
        CHECK(s.changed.notify() == 1);
        co_await sleep_for(1s);
        CHECK(s.log.text().empty()); // notified, but we have the lock
        CHECK(s.changed.statistics().notified == 1);
        CHECK(s.m.statistics().waiting == 1);
        lock.unlock();
    });
    CHECK(s.log.text() == "a ~a");
    CHECK(s.changed.statistics().notified == 0);
    CHECK_FALSE(s.m.statistics().locked);
}

TETHER_TEST_CASE("CV03 a stop leaves wait with the lock held, however long "
                 "that takes") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto waits = group.spawn([&]() -> task<> {
            mutex_guard lock = co_await s.m.lock();
            lock_note const at_exit(s.m, s.log);
            co_await s.changed.wait(lock);
            s.log("never");
        });
        co_await checkpoint();
        mutex_guard ours = co_await s.m.lock();
        waits.cancel();
        co_await sleep_for(1s);
        CHECK(s.log.text().empty()); // it waits for the lock, shielded
        CHECK(waits.status() == task_status::cancelling);
        CHECK(s.changed.statistics().waiting == 0);
        ours.unlock();
        co_await waits.wait();
        CHECK(waits.status() == task_status::cancelled);
        CHECK(s.log.text() == "held");
        CHECK_FALSE(s.m.statistics().locked);

        // With the lock free the stop comes at once.
        auto second = group.spawn([&]() -> task<> {
            mutex_guard lock = co_await s.m.lock();
            lock_note const at_exit(s.m, s.log);
            co_await s.changed.wait(lock);
        });
        co_await checkpoint();
        second.cancel();
        CHECK(s.m.statistics().locked); // taken in the same instant
        CHECK_FALSE(s.m.try_lock().has_value());
        co_await second.wait();
    });
    CHECK(s.log.text() == "held held");
    CHECK_FALSE(s.m.statistics().locked);
}

TETHER_TEST_CASE("CV03 a deadline around wait gives the lock back to the body "
                 "that goes on") {
    monitor s;
    mutex_guard lock = co_await s.m.lock();
    bool const notified = co_await move_on_after(1s, s.changed.wait(lock));
    CHECK_FALSE(notified);
    CHECK(lock.owns_lock());
    CHECK(s.m.owned_by_this_task());
}

TETHER_TEST_CASE("CV04 notify(n) lets the first n go on, in their order") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c", "d"})
            s.spawn(group, name);
        co_await checkpoint();
        co_await s.notify();
        co_await sleep_for(1ms);
        CHECK(s.log.text() == "a ~a");
        co_await s.notify(2);
        co_await sleep_for(1ms);
        CHECK(s.log.text() == "a ~a b ~b c ~c");
        co_await s.notify(9);
        co_await sleep_for(1ms);
        CHECK(s.log.text() == "a ~a b ~b c ~c d ~d");
        co_await s.notify(0);
    });
}

TETHER_TEST_CASE("CV05 notified tasks stand in the queue of the mutex, behind "
                 "those who were there") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b"})
            s.spawn(group, name);
        co_await checkpoint();
        mutex_guard lock = co_await s.m.lock();
        group.spawn([&]() -> task<> {
            mutex_guard const held = co_await s.m.lock();
            s.log("locker");
        });
        co_await checkpoint();
        CHECK(s.changed.notify_all() == 2);
        CHECK(s.m.statistics().waiting == 3);
        CHECK(s.changed.statistics().waiting == 0);
        CHECK(s.changed.statistics().notified == 2);
        lock.unlock();
    });
    CHECK(s.log.text() == "locker a ~a b ~b");
}

TETHER_TEST_CASE("CV06 a notified task that is cancelled passes the "
                 "notification to the next") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a = s.spawn(group, "a");
        auto b = s.spawn(group, "b");
        s.spawn(group, "c");
        co_await checkpoint();
        mutex_guard lock = co_await s.m.lock();
        CHECK(s.changed.notify() == 1);
        a.cancel(); // notified, without the lock
        CHECK(s.changed.statistics().waiting == 1);
        b.cancel(); // it got what a had
        CHECK(s.changed.statistics().waiting == 0);
        lock.unlock();
    });
    CHECK(s.log.text() == "~a ~b c ~c");
}

TETHER_TEST_CASE("CV06 what was meant for all is not passed on to a "
                 "newcomer") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        s.spawn(group, "a");
        auto b = s.spawn(group, "b");
        auto late = group.spawn([&]() -> task<> {
            mutex_guard lock = co_await s.m.lock();
            CHECK(s.changed.notify_all() == 2);
            co_await s.changed.wait(lock); // a has the lock, b waits for it
            s.log("late");
        });
        co_await checkpoint();
        b.cancel();
        co_await sleep_for(1ms);
        CHECK(s.log.text() == "a ~a ~b");
        CHECK(s.changed.statistics().waiting == 1);
        late.cancel();
    });
    CHECK(s.log.text() == "a ~a ~b");
}

TETHER_TEST_CASE("CV06 a task that already has the lock keeps its "
                 "notification") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a = s.spawn(group, "a");
        auto b = s.spawn(group, "b");
        co_await checkpoint();
        co_await s.notify(); // unlocked again: a has the lock
        a.cancel();
        co_await sleep_for(1ms);
        CHECK(s.log.text() == "a ~a");
        CHECK(s.changed.statistics().waiting == 1);
        b.cancel();
    });
}

TETHER_TEST_CASE("CV07 wait with a predicate goes on waiting until it holds") {
    mutex m;
    condition_variable changed(m);
    std::vector<int> items;
    int looked = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            mutex_guard lock = co_await m.lock();
            co_await changed.wait(lock, [&] {
                ++looked;
                CHECK(m.owned_by_this_task());
                return items.size() == 3;
            });
            CHECK(items.size() == 3);
            CHECK(lock.owns_lock());
        });
        for (int i = 0; i != 3; ++i) {
            co_await sleep_for(1ms);
            mutex_guard const lock = co_await m.lock();
            items.push_back(i);
            changed.notify();
        }
    });
    CHECK(looked == 4);
    mutex_guard lock = co_await m.lock();
    co_await changed.wait(lock, [] { return true; }); // need not wait
    bool reached = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await changed.wait(lock, [] { return true; });
            reached = true;
        });
    CHECK_FALSE(ended); // a checkpoint all the same
    CHECK_FALSE(reached);
}

TETHER_TEST_CASE("CV08 several conditions share a mutex") {
    mutex m;
    condition_variable full(m);
    condition_variable empty(m);
    int item = 0;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 1; i != 4; ++i) {
                mutex_guard lock = co_await m.lock();
                co_await empty.wait(lock, [&] { return item == 0; });
                item = i;
                full.notify();
            }
        });
        group.spawn([&]() -> task<> {
            for (int i = 1; i != 4; ++i) {
                mutex_guard lock = co_await m.lock();
                co_await full.wait(lock, [&] { return item != 0; });
                log(std::to_string(std::exchange(item, 0)));
                empty.notify();
            }
        });
        co_return;
    });
    CHECK(log.text() == "1 2 3");
}

TETHER_TEST_CASE("CV09 a wait that times out has the lock again, and says "
                 "so") {
    monitor s;
    stopwatch watch;
    mutex_guard lock = co_await s.m.lock();
    bool const notified = co_await s.changed.wait_for(lock, 2s);
    CHECK_FALSE(notified);
    CHECK(lock.owns_lock());
    CHECK(watch.elapsed() == 2s);
    CHECK(s.changed.statistics().waiting == 0);
    int looked = 0;
    bool const ready = co_await s.changed.wait_for(lock, 3s, [&] {
        CHECK(s.m.owned_by_this_task());
        return ++looked == 3;
    });
    CHECK_FALSE(ready); // looked before and at the end
    CHECK(looked == 2);
    CHECK(watch.elapsed() == 5s);
    auto const end = this_task::now() + 1s;
    bool const again = co_await s.changed.wait_until(lock, end);
    CHECK_FALSE(again);
    CHECK(watch.elapsed() == 6s);
    CHECK_THROWS_AS(s.changed.wait_for(lock, -1s), std::invalid_argument);
    lock.unlock();

    // While another task has the lock, the time out waits for it.
    bool late = true;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            mutex_guard mine = co_await s.m.lock();
            late = co_await s.changed.wait_for(mine, 1s);
            CHECK(mine.owns_lock());
        });
        co_await checkpoint();
        mutex_guard const ours = co_await s.m.lock();
        co_await sleep_for(2s);
        CHECK(s.changed.notify() == 0); // its time was over
        CHECK(late);
    });
    CHECK_FALSE(late);
    CHECK(watch.elapsed() == 8s);
}

TETHER_TEST_CASE("CV09 a notification in time counts, even if the lock comes "
                 "too late") {
    monitor s;
    bool notified = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            mutex_guard lock = co_await s.m.lock();
            notified = co_await s.changed.wait_for(lock, 2s);
        });
        co_await sleep_for(1s);
        mutex_guard const ours = co_await s.m.lock();
        CHECK(s.changed.notify() == 1);
        co_await sleep_for(5s);
    });
    CHECK(notified);
}

TETHER_TEST_CASE("CV10 nobody wakes without a notification") {
    monitor s;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a = s.spawn(group, "a");
        co_await checkpoint();
        for (int i = 0; i != 100; ++i) {
            mutex_guard const lock = co_await s.m.lock();
            co_await checkpoint();
        }
        CHECK(s.log.text().empty());
        a.cancel();
    });
    CHECK(s.log.text() == "~a");
}

TETHER_TEST_CASE("MX04 a broken mutex wakes those who wait for its "
                 "conditions") {
    monitor s;
    int broken = 0;
    std::unique_ptr<mutex_guard> leaked;
    auto wait_in_vain = [&]() -> task<> {
        mutex_guard lock = co_await s.m.lock();
        try {
            co_await s.changed.wait(lock);
        } catch (broken_resource const&) {
            ++broken;
            CHECK_FALSE(lock.owns_lock());
        }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(wait_in_vain);
        group.spawn(wait_in_vain);
        co_await checkpoint();
        group.spawn([&]() -> task<> {
            mutex_guard lock = co_await s.m.lock();
            s.changed.notify();
            leaked = std::make_unique<mutex_guard>(std::move(lock));
        });
    });
    CHECK(broken == 2);
}

TETHER_TEST_CASE("a condition may go as soon as its waiters are notified") {
    mutex m;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto c = std::make_unique<condition_variable>(m);
        std::vector<task_handle<void>> tasks;
        for (auto const* name : {"a", "b"}) {
            tasks.push_back(group.spawn(
                [&](std::string who) -> task<> {
                    mutex_guard lock = co_await m.lock();
                    co_await c->wait(lock);
                    log(who);
                },
                std::string(name)));
        }
        co_await checkpoint();
        mutex_guard lock = co_await m.lock();
        c->notify_all();
        c.reset();
        tasks[1].cancel(); // there is nobody to pass it on to
        lock.unlock();
    });
    CHECK(log.text() == "a");
}

namespace {

// Holds the lock outside of the group whose child waits to have it again.
task<> holds_what_its_child_needs(int& alive) {
    struct life {
        explicit life(int& n) noexcept : count(&n) { ++n; }
        life(life const&) = delete;
        life& operator=(life const&) = delete;
        ~life() { --*count; }
        int* count;
    };
    life const me(alive);
    mutex m;
    condition_variable c(m);
    mutex_guard lock;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            life const here(alive);
            mutex_guard own = co_await m.lock();
            co_await c.wait(own);
        });
        co_await checkpoint();
        lock = co_await m.lock();
        co_await sleep_forever();
    });
}

} // namespace

TEST_CASE("RU26 a context goes that destroys tasks of which one waits for a "
          "lock that nobody will give back") {
    int alive = 0;
    for (bool const cancelled : {false, true}) {
        boost::asio::io_context context;
        std::optional<cancel_handle> cancel;
        auto root = [&]() -> task<> {
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                cancel.emplace(scope.remote_cancel());
                return holds_what_its_child_needs(alive);
            });
        };
        tether::co_spawn(context, root(), boost::asio::detached);
        context.poll();
        CHECK(alive == 2);
        if (cancelled) {
            cancel->cancel();
            context.restart();
            context.poll();
            CHECK(alive == 2); // a deadlock
        }
    }
    CHECK(alive == 0);
}

TEST_CASE("SY12 a mutex or a guard that goes while a condition waits "
          "terminates") {
    std::string const of_mutex = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto m = std::make_unique<mutex>();
                condition_variable c(*m);
                group.spawn([&]() -> task<> {
                    mutex_guard lock = co_await m->lock();
                    co_await c.wait(lock);
                });
                co_await checkpoint();
                m.reset();
            });
        });
    });
    CHECK_THAT(of_mutex, contains_text("a mutex was destroyed while tasks wait "
                                       "for a condition variable of it"));
    std::string const of_guard = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                mutex m;
                condition_variable c(m);
                auto lock = std::make_unique<mutex_guard>();
                group.spawn([&]() -> task<> {
                    *lock = co_await m.lock();
                    co_await c.wait(*lock);
                });
                co_await checkpoint();
                lock.reset();
            });
        });
    });
    CHECK_THAT(of_guard, contains_text("a mutex_guard was moved or destroyed "
                                       "while its task waits"));
}
