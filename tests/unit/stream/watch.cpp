// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/select.hpp>
#include <tether/stream/watch.hpp>

#include <cstddef>
#include <new>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

struct fragile {
    explicit fragile(int v) noexcept : value(v) {}
    fragile(fragile const& other) : value(other.value) {
        if (fails)
            throw std::bad_alloc();
    }
    fragile& operator=(fragile const&) = default;

    int value;
    static inline bool fails = false;
};

} // namespace

TETHER_TEST_CASE("CH43 an observer hears of a change, and gets the latest "
                 "value only") {
    watch<int> value(1);
    auto view = value.observe();
    std::vector<int> seen;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            while (auto latest = co_await view.changed())
                seen.push_back(*latest);
        });
        co_await checkpoint();
        CHECK(value.statistics().waiting == 1);
        value.set(2);
        value.set(3); // before the observer runs: 2 is skipped
        co_await checkpoint();
        value.set(4);
        co_await checkpoint();
        value.close();
    });
    CHECK(seen == std::vector{3, 4});
    CHECK(value.version() == 3);
    CHECK(value.get() == 4);
}

TETHER_TEST_CASE("CH43 a late observer begins with the present version, and "
                 "may look at it") {
    watch<std::string> value("first");
    value.set("second");
    auto view = value.observe();
    CHECK(view.get() == "second");
    auto copy = view;
    value.update([](std::string& text) { text += '!'; });
    auto latest = co_await view.changed(); // at once
    CHECK(*latest == "second!");
    latest = co_await copy.changed(); // a copy has its own version
    CHECK(*latest == "second!");
    bool const in_time =
        (co_await move_on_after(
            1s, [&]() -> task<> { (void)co_await view.changed(); }))
            ? true
            : false;
    CHECK_FALSE(in_time); // nothing new
}

TETHER_TEST_CASE("CH43 wait_until gives the first value that matches, even if "
                 "it has changed since") {
    watch<int> value(0);
    int found = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const big = [](int v) { return v >= 10; };
            auto match = co_await value.wait_until(big);
            found = *match;
        });
        co_await checkpoint();
        value.set(5);
        CHECK(value.statistics().waiting == 1);
        value.set(12);
        CHECK(value.statistics().waiting == 0);
        value.set(3);
    });
    CHECK(found == 12);
    auto now = co_await value.wait_until([](int v) { return v == 3; });
    CHECK(*now == 3); // matches at once
}

TETHER_TEST_CASE("CH43 closing ends the waits: with what is new, or with "
                 "nothing") {
    watch<int> value(0);
    auto behind = value.observe();
    value.set(1);
    auto level = value.observe();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto latest = co_await level.changed();
            log(latest ? "value" : "nothing");
        });
        group.spawn([&]() -> task<> {
            auto match =
                co_await value.wait_until([](int v) { return v == 9; });
            log(match ? "match" : "no match");
        });
        co_await checkpoint();
        value.close();
        value.close();
    });
    CHECK(log.text() == "nothing no match");
    CHECK(value.is_closed());
    auto latest = co_await behind.changed();
    CHECK(*latest == 1);
    latest = co_await behind.changed();
    CHECK_FALSE(latest.has_value());
}

TETHER_TEST_CASE("CH43 what a predicate throws goes to the task that waits") {
    watch<int> value(0);
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                (void)co_await value.wait_until([](int v) -> bool {
                    if (v == 1)
                        throw std::runtime_error("asked");
                    return false;
                });
            } catch (std::runtime_error const& error) {
                text = error.what();
            }
        });
        co_await checkpoint();
        value.set(1);
    });
    CHECK(text == "asked");
}

TETHER_TEST_CASE("CH43 a cancelled wait has seen nothing, and a select over "
                 "several leaves them all") {
    watch<int> a(0);
    watch<int> b(0);
    auto view_a = a.observe();
    auto view_b = b.observe();
    co_await with_task_group([&](task_group& group) -> task<> {
        auto waiting =
            group.spawn([&]() -> task<> { (void)co_await view_a.changed(); });
        co_await checkpoint();
        waiting.cancel();
        CHECK(a.statistics().waiting == 0);
        a.set(1);
    });
    auto latest = co_await view_a.changed();
    CHECK(*latest == 1);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto first = co_await select(view_a.changed(), view_b.changed(),
                                         view_b.changed());
            CHECK(first.index() == 1);
        });
        co_await checkpoint();
        CHECK(b.statistics().waiting == 2);
        b.set(7); // both branches at b are told, one of them wins
        CHECK(b.statistics().waiting == 0);
        CHECK(a.statistics().waiting == 0);
    });
}

TETHER_TEST_CASE("CH43 a predicate may stop its own task, and those that wait "
                 "behind it") {
    watch<int> level(0);
    auto view = level.observe();
    std::vector<task_handle<>> tasks;
    int heard = 0;
    auto until_set = [&](std::size_t stopped) -> task<> {
        (void)co_await level.wait_until([&, stopped](int now) {
            if (now != 0 && stopped < tasks.size())
                tasks[stopped].cancel();
            return now != 0;
        });
        ++heard;
    };
    auto change = [&]() -> task<> {
        (void)co_await view.changed();
        ++heard;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        tasks.push_back(group.spawn(until_set, 0U)); // itself
        tasks.push_back(group.spawn(until_set, 2U)); // the one behind it
        tasks.push_back(group.spawn(change));
        tasks.push_back(group.spawn(until_set, 9U)); // nobody
        co_await checkpoint();
        CHECK(level.statistics().waiting == 4);
        level.set(1);
        CHECK(level.statistics().waiting == 0);
    });
    CHECK(heard == 2);
    CHECK(tasks[0].status() == task_status::cancelled);
    CHECK(tasks[2].status() == task_status::cancelled);
}

TETHER_TEST_CASE("CH43 a change whose copy throws has not been seen") {
    watch<fragile> value(fragile(0));
    auto view = value.observe();
    value.set(fragile(1));
    fragile::fails = true;
    bool thrown = false;
    try {
        (void)co_await view.changed();
    } catch (std::bad_alloc const&) {
        thrown = true;
    }
    fragile::fails = false;
    CHECK(thrown);
    value.close();
    auto const latest = co_await view.changed();
    CHECK((latest && latest->value == 1));
}

TEST_CASE("SY12 destroying a watch that is waited for terminates") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto value = std::make_unique<watch<int>>(0);
                auto& v = *value;
                group.spawn(named("observer"), [&v]() -> task<> {
                    auto view = v.observe();
                    (void)co_await view.changed();
                });
                co_await checkpoint();
                value.reset();
            });
        });
    });
    CHECK_THAT(text, contains_text("watch destroyed while tasks wait for it: "
                                   "'observer' at"));
}

TETHER_TEST_CASE("SY03 a watch with waiting tasks is not set by a second "
                 "loop") {
    watch<int> value(0);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto view = value.observe();
            (void)co_await view.changed();
        });
        co_await checkpoint();
        other_loop second;
        second.start([&]() -> task<> {
            value.set(1);
            co_return;
        });
        CHECK_THAT(second.error_text(), contains_text("waits for it, and task "
                                                      "'other main' of loop"));
        CHECK(value.get() == 0);
        value.set(2);
    });
}
