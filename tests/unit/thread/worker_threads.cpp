// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Whose tokens are those of a limiter, and where do threads come from and go?
#include "unit/thread/thread_test.hpp"

#include <tether/thread/default_thread_limiter.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/worker_threads.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

namespace {

using namespace tether_test;

// While it lives no thread can be made: none has room for such a stack.
class no_threads {
public:
    no_threads() {
        ::pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        ::pthread_attr_init(&huge);
        ::pthread_attr_setstacksize(&huge, std::size_t{1} << 52);
        works_ = ::pthread_setattr_default_np(&huge) == 0;
        ::pthread_attr_destroy(&huge);
    }
    no_threads(no_threads const&) = delete;
    no_threads& operator=(no_threads const&) = delete;
    ~no_threads() {
        ::pthread_setattr_default_np(&before_);
        ::pthread_attr_destroy(&before_);
    }
    bool works() const { return works_; }

private:
    pthread_attr_t before_;
    bool works_;
};

std::string name_of_thread() {
    char name[32] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    return name;
}

} // namespace

TETHER_TEST_CASE("TH04 no more threads work than the limiter has tokens, and "
                 "each has its own until it has ended") {
    capacity_limiter limiter(2);
    std::atomic<int> at_work{0};
    std::atomic<int> most{0};
    gate hold;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 6; ++i)
            group.spawn([&]() -> task<> {
                co_await to_thread({.limiter = &limiter}, [&] {
                    int const now = ++at_work;
                    int seen = most;
                    while (seen < now && !most.compare_exchange_weak(seen, now))
                        ;
                    hold.pass();
                    --at_work;
                });
            });
        co_await until_arrived(hold, 2);
        for (int i = 0; i != 100; ++i)
            co_await checkpoint();
        CHECK(hold.arrived() == 2);
        CHECK(limiter.statistics().borrowed == 2);
        CHECK(limiter.statistics().waiting == 4);
        hold.open();
    });
    CHECK(most == 2);
    CHECK(limiter.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH04 a wait for a token can be cancelled, and its place "
                 "passes on") {
    capacity_limiter limiter(1);
    gate hold;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread({.limiter = &limiter}, [&] { hold.pass(); });
        });
        auto second = group.spawn([&]() -> task<> {
            co_await to_thread({.limiter = &limiter}, [&] { log("second"); });
        });
        group.spawn([&]() -> task<> {
            co_await to_thread({.limiter = &limiter}, [&] { log("third"); });
        });
        co_await until_arrived(hold);
        second.cancel();
        co_await checkpoint();
        CHECK(limiter.statistics().waiting == 1);
        hold.open();
    });
    CHECK(log.text() == "third");
}

TETHER_TEST_CASE("TH04 the default limiter belongs to the loop and can be "
                 "changed") {
    CHECK(default_thread_limiter().statistics().total == 40);
    default_thread_limiter().set_total(1);
    std::size_t const out = co_await to_thread(
        [&l = default_thread_limiter()] { return l.statistics().borrowed; });
    CHECK(out == 1);
    CHECK(default_thread_limiter().statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH05 when no thread can be made the token comes back and the "
                 "await throws") {
    capacity_limiter limiter(1);
    bool failed = false;
    {
        no_threads const none;
        REQUIRE(none.works());
        try {
            co_await to_thread({.limiter = &limiter}, [] {});
        } catch (std::system_error const&) {
            failed = true;
        }
    }
    CHECK(failed);
    CHECK(limiter.statistics().borrowed == 0);
    CHECK(worker_threads::statistics().threads == 0);
    int const fine =
        co_await to_thread({.limiter = &limiter}, [] { return 1; });
    CHECK(fine == 1);
}

TETHER_TEST_CASE(
    "TH05 a nested call for which no thread can be made gives back "
    "the token that it was lent") {
    capacity_limiter limiter(1);
    bool failed = false;
    int const fine = co_await to_thread({.limiter = &limiter}, [&] {
        return from_thread::run([&]() -> task<int> {
            {
                no_threads const none;
                REQUIRE(none.works());
                try {
                    co_await to_thread({.limiter = &limiter}, [] {});
                } catch (std::system_error const&) {
                    failed = true;
                }
            }
            CHECK(limiter.statistics().borrowed == 1);
            int const after =
                co_await to_thread({.limiter = &limiter}, [] { return 1; });
            co_return after;
        });
    });
    CHECK(failed);
    CHECK(fine == 1);
    CHECK(limiter.statistics().borrowed == 0);
}

TETHER_TEST_CASE("TH06 idle threads are used again, under the name of each "
                 "call") {
    auto const who = [] {
        return std::pair(std::this_thread::get_id(), name_of_thread());
    };
    auto const first = co_await to_thread({.name = "resolver"}, who);
    auto const second = co_await to_thread(who);
    CHECK(first.first == second.first);
    CHECK(first.second == "resolver");
    CHECK(second.second == "tether worker");
    auto const third =
        co_await to_thread({.name = "a name that is too long"}, who);
    CHECK(third.second == "a name that is ");
    CHECK(worker_threads::statistics().threads == 1);
    CHECK(worker_threads::statistics().idle == 1);
}

TETHER_TEST_CASE("TH06 of several idle threads the one that was busy last "
                 "works next") {
    gate first;
    gate second;
    std::thread::id early;
    std::thread::id late;
    auto const call = [](gate& until_open, std::thread::id& who) -> task<> {
        who = co_await to_thread([&] {
            until_open.pass();
            return std::this_thread::get_id();
        });
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(call, std::ref(first), std::ref(early));
        group.spawn(call, std::ref(second), std::ref(late));
        co_await until_arrived(first);
        co_await until_arrived(second);
        first.open();
        co_await until([] { return worker_threads::statistics().idle == 1; });
        second.open();
    });
    CHECK(early != late);
    auto const next =
        co_await to_thread([] { return std::this_thread::get_id(); });
    CHECK(next == late);
}

TETHER_TEST_CASE("TH06 idle threads expire when it is time, also if that is "
                 "said while they are idle; those that work do not") {
    worker_threads::set_idle_time(std::chrono::steady_clock::duration::max());
    gate hold;
    gate all;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn([&, i]() -> task<> {
                gate& mine = i == 0 ? hold : all;
                co_await to_thread([&mine] { mine.pass(); });
            });
        co_await until_arrived(hold);
        co_await until_arrived(all, 2);
        all.open();
        co_await until([] { return worker_threads::statistics().idle == 2; });
        worker_threads::set_idle_time(std::chrono::seconds(0));
        co_await until(
            [] { return worker_threads::statistics().threads == 1; });
        hold.open();
    });
    co_await until([] { return worker_threads::statistics().threads == 0; });
    int const again = co_await to_thread([] { return 4; });
    CHECK(again == 4);
    CHECK_THROWS_AS(worker_threads::set_idle_time(std::chrono::seconds(-1)),
                    std::invalid_argument);
}
