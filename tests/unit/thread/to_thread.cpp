// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What comes back from a function on a thread, and what does the loop do
/// meanwhile?
#include "unit/thread/thread_test.hpp"

#include <tether/scope/task_local.hpp>
#include <tether/task/dump_tree.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace tether_test;

int twice(int x) {
    return 2 * x;
}

struct only_moved {
    explicit only_moved(int v) : value(v) {}
    only_moved(only_moved&&) = default;
    only_moved& operator=(only_moved&&) = default;
    int value;
};
only_moved pass_on(only_moved m, std::unique_ptr<int> more) {
    m.value += *more;
    return m;
}

class counted {
public:
    counted() = default;
    counted(counted const& other) : copies(other.copies + 1) {}
    counted(counted&& other) noexcept : copies(other.copies) {}
    int copies = 0;
};

task_local<std::string> const who("nobody");

} // namespace

TETHER_TEST_CASE("TH01 a function runs on another thread and its value comes "
                 "back to the loop's") {
    auto const here = std::this_thread::get_id();
    std::thread::id there;
    int const got = co_await to_thread([&] {
        there = std::this_thread::get_id();
        return 7;
    });
    CHECK(got == 7);
    CHECK(there != here);
    CHECK(std::this_thread::get_id() == here);
    int const doubled = co_await to_thread(twice, 21);
    CHECK(doubled == 42);
    co_await to_thread({.name = "named"}, [] {});
}

TETHER_TEST_CASE("TH01 what the function throws is thrown by the await") {
    std::string text;
    try {
        co_await to_thread([] { throw std::runtime_error("broken"); });
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    CHECK(text == "broken");
}

TETHER_TEST_CASE("TH26 functions, arguments and results are moved") {
    only_moved m =
        co_await to_thread(pass_on, only_moved(3), std::make_unique<int>(4));
    CHECK(m.value == 7);

    counted const kept;
    counted const got = co_await to_thread([](counted c) { return c; }, kept);
    CHECK(got.copies == 1); // into the operation
    auto fn = [owned = std::make_unique<int>(5)] { return *owned; };
    int const five = co_await to_thread(fn); // in place
    CHECK(five == 5);
}

TETHER_TEST_CASE("TH01 references come through as references") {
    int value = 1;
    int& same = co_await to_thread([&]() -> int& { return value; });
    CHECK(&same == &value);
    co_await to_thread([](int& to) { to = 2; }, std::ref(value));
    CHECK(value == 2);
    std::string text = "moved";
    std::string const got =
        co_await to_thread([&]() -> std::string&& { return std::move(text); });
    CHECK(got == "moved");
}

TETHER_TEST_CASE("TH18 a group of errors keeps its members and types across "
                 "threads") {
    auto const failing = [] {
        run([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                group.spawn(named("a"), []() -> task<> {
                    throw std::out_of_range("inner");
                    co_return;
                });
                co_return;
            });
        });
    };
    std::string text;
    try {
        co_await to_thread(failing);
    } catch (exception_group const& group) {
        for (exception_group::member const leaf : group) {
            text += std::string(leaf.task_name()) + ":";
            try {
                std::rethrow_exception(leaf.error());
            } catch (std::out_of_range const& e) {
                text += e.what();
            }
        }
    }
    CHECK(text == "a:inner");
}

TETHER_TEST_CASE("TH07 task_locals of the caller are seen on the thread") {
    std::string seen;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        seen = co_await to_thread([] { return who.get(); });
    });
    std::string const outside = co_await to_thread([] { return who.get(); });
    CHECK(seen == "ann");
    CHECK(outside == "nobody");
}

// Row 117: nothing here waits for time.
TETHER_TEST_CASE("TH01 the loop goes on while ten functions block") {
    gate hold;
    int ended = 0;
    int beats = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 10; ++i)
            group.spawn([&]() -> task<> {
                co_await to_thread([&] { hold.pass(); });
                ++ended;
            });
        group.spawn([&]() -> task<> { // the heartbeat
            co_await until_arrived(hold, 10);
            for (; beats != 100; ++beats)
                co_await checkpoint();
            CHECK(ended == 0);
            hold.open();
        });
        co_return;
    });
    CHECK(ended == 10);
    CHECK(beats == 100);
}

// Row 119, in real time: the threads are let go by the heartbeat.
TEST_CASE("TH01 a heartbeat keeps its period while ten functions block") {
    gate hold;
    int ended = 0;
    run([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 10; ++i)
                group.spawn([&]() -> task<> {
                    co_await to_thread([&] { hold.pass(); });
                    ++ended;
                });
            co_await until_arrived(hold, 10);
            auto due = this_task::now();
            for (int beats = 0; beats != 20; ++beats)
                co_await sleep_until(due += 1ms);
            CHECK(this_task::now() >= due);
            CHECK(ended == 0);
            hold.open();
        });
    });
    CHECK(ended == 10);
}

TETHER_TEST_CASE("TE06 virtual time stands still while a thread works") {
    stopwatch const watch;
    gate hold;
    bool late = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1h);
            late = true;
        });
        group.spawn([&]() -> task<> {
            co_await until_arrived(hold);
            for (int i = 0; i != 1000; ++i)
                co_await checkpoint();
            hold.open();
        });
        co_await to_thread([&] { hold.pass(); });
        CHECK(!late);
        CHECK(watch.elapsed() == 0ms);
    });
    CHECK(late);
}

TETHER_TEST_CASE("IN02 a task that waits for a thread is not deadlocked, and "
                 "the dump says what it waits for") {
    gate hold;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread({.name = "slow"}, [&] { hold.pass(); });
        });
        co_await until_arrived(hold);
        std::string const tree = dump_tree();
        CHECK_THAT(tree, contains_text("waits for a function on a thread"));
        CHECK_THAT(tree, contains_text("thread 'slow'"));
        hold.open();
    });
}
