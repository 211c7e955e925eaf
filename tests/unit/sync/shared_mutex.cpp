// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/shared_mutex.hpp>

#include <memory>
#include <stdexcept>
#include <type_traits>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<read_guard>);
static_assert(std::is_nothrow_move_constructible_v<write_guard>);
static_assert(!std::is_move_constructible_v<shared_mutex>);
static_assert(std::is_trivially_copyable_v<shared_mutex_statistics>);

namespace {

constinit shared_mutex static_shared_mutex;

task<> reader(shared_mutex& m, std::string name, event_log& log, event& done) {
    read_guard const held = co_await m.lock_shared();
    log("+" + name);
    co_await done.wait();
    log("-" + name);
}
task<> writer(shared_mutex& m, std::string name, event_log& log, event& done) {
    write_guard const held = co_await m.lock();
    log("+" + name);
    co_await done.wait();
    log("-" + name);
}

template<class F>
task<std::string> message_of(F f) {
    std::string text = "no error";
    try {
        co_await f();
    } catch (std::exception const& e) {
        text = e.what();
    }
    co_return text;
}

} // namespace

TETHER_TEST_CASE("MX10 readers share, a writer is alone") {
    shared_mutex m;
    int readers = 0;
    int writers = 0;
    int most_readers = 0;
    bool mixed = false;
    auto look = [&] { mixed = mixed || writers > 1 || (writers && readers); };
    auto read = [&]() -> task<> {
        read_guard const held = co_await m.lock_shared();
        most_readers = std::max(most_readers, ++readers);
        look();
        co_await sleep_for(1ms);
        --readers;
    };
    auto write = [&]() -> task<> {
        write_guard const held = co_await m.lock();
        ++writers;
        look();
        co_await sleep_for(1ms);
        --writers;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 60; ++i) {
            if (i % 5 == 4)
                group.spawn(std::ref(write));
            else
                group.spawn(std::ref(read));
        }
        co_return;
    });
    CHECK_FALSE(mixed);
    CHECK(most_readers == 4); // those between two writers
    CHECK_FALSE(static_shared_mutex.statistics().locked);
}

TETHER_TEST_CASE("MX10 neither side starves: the order of arrival decides") {
    shared_mutex m;
    event_log log;
    event done;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(reader, std::ref(m), std::string("r1"), std::ref(log),
                    std::ref(done));
        co_await checkpoint();
        group.spawn(writer, std::ref(m), std::string("w1"), std::ref(log),
                    std::ref(done));
        group.spawn(reader, std::ref(m), std::string("r2"), std::ref(log),
                    std::ref(done));
        group.spawn(reader, std::ref(m), std::string("r3"), std::ref(log),
                    std::ref(done));
        group.spawn(writer, std::ref(m), std::string("w2"), std::ref(log),
                    std::ref(done));
        co_await checkpoint();
        // r2 could read beside r1, but a writer waits longer.
        CHECK(log.text() == "+r1");
        CHECK(m.statistics().readers == 1);
        CHECK(m.statistics().waiting == 4);
        CHECK_FALSE(m.try_lock_shared().has_value());
        CHECK_FALSE(m.try_lock().has_value());
        done.set();
    });
    CHECK(log.text() == "+r1 -r1 +w1 -w1 +r2 -r2 +r3 -r3 +w2 -w2");
    CHECK(m.statistics().readers == 0);
}

TETHER_TEST_CASE("MX10 the readers behind a cancelled writer go on") {
    shared_mutex m;
    event_log log;
    event done;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(reader, std::ref(m), std::string("r1"), std::ref(log),
                    std::ref(done));
        auto w = group.spawn(writer, std::ref(m), std::string("w"),
                             std::ref(log), std::ref(done));
        group.spawn(reader, std::ref(m), std::string("r2"), std::ref(log),
                    std::ref(done));
        co_await checkpoint();
        CHECK(log.text() == "+r1");
        w.cancel();
        CHECK(m.statistics().readers == 2); // at once
        co_await checkpoint();
        CHECK(log.text() == "+r1 +r2");
        done.set();
    });
}

TETHER_TEST_CASE("MX10 there is no upgrade, and no second lock for a holder") {
    shared_mutex m;
    auto lock = [&]() -> task<> { write_guard const g = co_await m.lock(); };
    auto lock_shared = [&]() -> task<> {
        read_guard const g = co_await m.lock_shared();
    };
    {
        read_guard const reading = co_await m.lock_shared();
        std::string const upgrade = co_await message_of(lock);
        CHECK_THAT(upgrade, contains_text("shared_mutex: "));
        CHECK_THAT(upgrade, contains_text("there is no upgrade"));
        std::string const again = co_await message_of(lock_shared);
        CHECK_THAT(again, contains_text("holds the lock already"));
        CHECK_THROWS_AS(m.try_lock(), std::logic_error);
        CHECK(m.statistics().readers == 1);
    }
    write_guard writing = co_await m.lock();
    std::string const twice = co_await message_of(lock);
    CHECK_THAT(twice, contains_text("holds the lock already"));
    CHECK_THROWS_AS(m.try_lock_shared(), std::logic_error);
    CHECK(m.statistics().locked);
    writing.unlock();
    CHECK_THROWS_AS(writing.unlock(), std::logic_error);
    std::string const free = co_await message_of(lock_shared);
    CHECK(free == "no error");
}

TETHER_TEST_CASE("MX02 a shared mutex is unlocked by its holder alone") {
    shared_mutex m;
    read_guard held = co_await m.lock_shared();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("thief"), [&]() -> task<> {
            std::string text;
            try {
                held.unlock();
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            CHECK_THAT(text, contains_text("read_guard::unlock: "));
            CHECK_THAT(text, contains_text("task 'thief' gave it back"));
            co_return;
        });
        co_return;
    });
    CHECK(m.statistics().readers == 1);
    read_guard moved = std::move(held);
    CHECK_FALSE(held.owns_lock()); // NOLINT(bugprone-use-after-move)
    moved = read_guard();
    CHECK(m.statistics().readers == 0);
}

TETHER_TEST_CASE("MX04 a reader or writer that ends while its guard lives on "
                 "breaks the shared mutex") {
    for (bool const writes : {false, true}) {
        shared_mutex m;
        std::unique_ptr<write_guard> leaked_write;
        std::unique_ptr<read_guard> leaked_read;
        std::string by_waiting;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(named("careless"), [&]() -> task<> {
                if (writes) {
                    write_guard g = co_await m.lock();
                    leaked_write = std::make_unique<write_guard>(std::move(g));
                } else {
                    read_guard g = co_await m.lock_shared();
                    leaked_read = std::make_unique<read_guard>(std::move(g));
                }
                co_await checkpoint();
                co_await checkpoint();
            });
            group.spawn([&]() -> task<> {
                auto lock = [&]() -> task<> {
                    write_guard const never = co_await m.lock();
                };
                by_waiting = co_await message_of(lock);
            });
            co_return;
        });
        CHECK_THAT(by_waiting, contains_text("the shared mutex is broken: "
                                             "task 'careless' ended"));
        CHECK(m.statistics().broken);
        CHECK(m.statistics().readers == 0);
        CHECK_FALSE(m.statistics().locked);
        CHECK_THROWS_AS(m.try_lock(), broken_resource);
    }
}

TETHER_TEST_CASE("MX04 a leg leaves its shared lock to the task that awaits "
                 "it") {
    shared_mutex a;
    shared_mutex b;
    {
        auto both = co_await when_all(a.lock(), b.lock_shared());
        CHECK(a.statistics().locked);
        CHECK(b.statistics().readers == 1);
        CHECK_THROWS_AS(a.try_lock(), std::logic_error);
        CHECK_THROWS_AS(b.try_lock(), std::logic_error);
        std::get<0>(both).unlock();
    }
    CHECK_FALSE(b.statistics().broken);
    CHECK(b.statistics().readers == 0);
    CHECK(b.try_lock().has_value());
}

TETHER_TEST_CASE("MX07 a shared mutex shows its writer") {
    shared_mutex m;
    event done;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("author"), writer, std::ref(m), std::string("w"),
                    std::ref(log), std::ref(done));
        co_await checkpoint();
        CHECK(m.statistics().locked);
        CHECK(m.statistics().writer == "author");
        done.set();
    });
}

TEST_CASE("a shared lock handed to a task whose frame is destroyed passes "
          "on") {
    shared_mutex m;
    {
        other_loop gone;
        for (int i = 0; i != 4; ++i) {
            gone.start([&, i]() -> task<> {
                if (i % 2 == 0) {
                    write_guard const g = co_await m.lock();
                    co_await sleep_forever();
                } else {
                    read_guard const g = co_await m.lock_shared();
                    co_await sleep_forever();
                }
            });
        }
        CHECK(m.statistics().locked);
        CHECK(m.statistics().waiting == 3);
    }
    CHECK_FALSE(m.statistics().locked);
    CHECK(m.statistics().readers == 0);
    CHECK_FALSE(m.statistics().broken);
}

TEST_CASE("SY12 destroying a shared mutex that is held terminates, also when "
          "its holders have not run yet") {
    for (bool const handed_over : {false, true}) {
        std::string const text = last_words([&] {
            run_virtual([&]() -> task<> {
                auto m = std::make_unique<shared_mutex>();
                write_guard held = co_await m->lock();
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn([&]() -> task<> {
                        read_guard const g = co_await m->lock_shared();
                    });
                    if (handed_over) {
                        co_await checkpoint();
                        held.unlock();
                    }
                    m.reset();
                });
            });
        });
        CHECK_THAT(text, contains_text("a shared_mutex was destroyed while"));
        CHECK_THAT(text, contains_text("holds it"));
    }
}
