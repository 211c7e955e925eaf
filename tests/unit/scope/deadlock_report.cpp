// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a run says when nothing could ever wake its tasks, and what it refuses.
#include "cancel_test.hpp"

#include <tether/sync/mutex.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <thread>

using namespace tether_test;

namespace {

task<> sleep_one_second() {
    co_await sleep_for(1s);
}

// Looks around when it goes.
struct farewell {
    std::string* dump;

    explicit farewell(std::string& to) noexcept : dump(&to) {}
    farewell(farewell&& other) noexcept
        : dump(std::exchange(other.dump, nullptr)) {}
    ~farewell() {
        if (dump)
            *dump = dump_tree();
    }
};

std::string here(unsigned line) {
    return "deadlock_report.cpp:" + std::to_string(line);
}

template<class F>
std::string deadlock_of(F&& fn) {
    try {
        run_virtual(std::forward<F>(fn));
    } catch (deadlock_error const& e) {
        CHECK(contains(e.what(), e.tree()));
        return e.what();
    }
    return "no deadlock";
}

} // namespace

TEST_CASE("IN12 a deadlock is reported with the tree and the line of every "
          "wait") {
    slow_source source;
    unsigned body = 0;
    unsigned child = 0;
    unsigned spawned = 0;
    std::string const text = deadlock_of([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            spawned = std::source_location::current().line() + 1;
            group.spawn(named("left"), [&]() -> task<> {
                child = std::source_location::current().line() + 1;
                co_await source.get();
            });
            slow_source other;
            body = std::source_location::current().line() + 1;
            co_await other.get();
        });
    });
    CAPTURE(text);
    CHECK(contains(text, "deadlock: every task waits"));
    CHECK(contains(text, "task 'main', waits for a slow source at "));
    CHECK(contains(text, here(body)));
    CHECK(contains(text, "'left' spawned at "));
    CHECK(contains(text, here(spawned)));
    CHECK(contains(text, here(child)));
}

TEST_CASE("IN12 two locks taken crosswise: the report names both tasks, both "
          "locks and both lines") {
    mutex first;
    mutex second;
    unsigned left = 0;
    unsigned right = 0;
    std::string const text = deadlock_of([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(named("left"), [&]() -> task<> {
                auto const held = co_await first.lock();
                co_await checkpoint();
                left = std::source_location::current().line() + 1;
                auto const both = co_await second.lock();
            });
            group.spawn(named("right"), [&]() -> task<> {
                auto const held = co_await second.lock();
                co_await checkpoint();
                right = std::source_location::current().line() + 1;
                auto const both = co_await first.lock();
            });
            co_return;
        });
    });
    CAPTURE(text);
    CHECK(contains(text, "waits for a mutex at"));
    CHECK(contains(text, here(left)));
    CHECK(contains(text, here(right)));
    CHECK(contains(text, "task 'left'"));
    CHECK(contains(text, "task 'right'"));
}

TEST_CASE("IN12 cleanup runs after the deadlock was found, with its reason") {
    slow_source source;
    event_log log;
    std::string const text = deadlock_of([&]() -> task<> {
        co_await async_try([&]() -> task<> {
            exit_note const note(log, "frame");
            co_await source.get();
        }).on_cancel([&](cancel_reason const& why) -> task<> {
            co_await sleep_for(1s);
            log(to_string(why.kind));
        });
    });
    CHECK(text != "no deadlock");
    CHECK(log.text() == "frame deadlock");
}

TEST_CASE("IN12 what waits behind a shield is ended by force") {
    slow_source source;
    event_log log;
    std::string const text = deadlock_of([&]() -> task<> {
        co_await shielded(
            [&]() -> task<> {
                exit_note const note(log, "frame");
                co_await source.get();
            },
            {.grace = std::chrono::steady_clock::duration::max()});
    });
    CHECK(contains(text, "shield"));
    CHECK(log.text() == "frame");
}

TEST_CASE("IN12 what cannot end is abandoned: run throws all the same, and the "
          "frames go when their operation ends") {
    slow_source source;
    source.answer = abort_result::pending; // as if the operation were stuck
    event_log log;
    boost::asio::io_context io(1);
    auto const stuck = [&]() -> task<> {
        exit_note const outer(log, "outer");
        co_await [&]() -> task<> {
            exit_note const inner(log, "inner");
            co_await source.get();
        }();
    };
    CHECK_THROWS_AS(tether::run(io, stuck), deadlock_error);
    CHECK(log.text().empty());
    source.give_up();
    io.restart();
    io.run();
    CHECK(log.text() == "inner outer");
}

TEST_CASE("IN12 a task that waits for its own kind is shown once per task") {
    std::string const text = deadlock_of([&]() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i)
                group.spawn([]() -> task<> {
                    slow_source mine;
                    co_await mine.get();
                });
            co_return;
        });
    });
    std::size_t count = 0;
    for (std::size_t at = text.find("waits for a slow source");
         at != std::string::npos;
         at = text.find("waits for a slow source", at + 1))
        ++count;
    CHECK(count == 3);
    CHECK(contains(text, "waits for its children"));
}

TEST_CASE("IN12 work outside keeps the verdict away") {
    boost::asio::io_context io(1);
    auto guard = boost::asio::make_work_guard(io);
    slow_source source;
    std::thread other;
    int const got = tether::run(io, [&]() -> task<int> {
        other = std::thread([&] {
            std::this_thread::sleep_for(20ms);
            boost::asio::post(io, [&] { source.deliver(3); });
        });
        co_return co_await source.get();
    });
    other.join();
    guard.reset();
    CHECK(got == 3);
}

TEST_CASE("IN12 the context can be used again after a deadlock") {
    boost::asio::io_context io(1);
    slow_source source;
    CHECK_THROWS_AS(tether::run(io, [&]() -> task<> { co_await source.get(); }),
                    deadlock_error);
    CHECK(tether::run(io, []() -> task<int> { co_return 2; }) == 2);
}

TETHER_TEST_CASE("coverage row 98: run inside a running loop says what to do") {
    auto const nested = []() -> task<> {
        tether::run([]() -> task<> { co_return; });
        co_return;
    };
    auto const error = co_await error_of(nested);
    std::string const text = text_of<std::logic_error>(error);
    CHECK(contains(text, "co_await the task instead"));
    std::thread([] {
        CHECK(tether::run([]() -> task<int> { co_return 1; }) == 1);
    }).join();
}

TEST_CASE("this_task and dump_tree outside of a task are refused") {
    CHECK_THROWS_AS(this_task::cancel_requested(), std::logic_error);
    CHECK_THROWS_AS(this_task::deadline(), std::logic_error);
    CHECK_THROWS_AS(dump_tree(), std::logic_error);
}

TETHER_TEST_CASE("IN13 TG08 dump_tree shows names, places, deadlines and who "
                 "runs") {
    std::string dump;
    co_await fail_after(5s, "request", [&]() -> task<> {
        co_await with_task_group(
            {.name = "workers"}, [&](task_group& group) -> task<> {
                group.spawn(named("reader"), sleep_one_second);
                co_await checkpoint();
                dump = dump_tree();
            });
    });
    CAPTURE(dump);
    CHECK(contains(dump, "task 'main', running"));
    CHECK(contains(dump, "\n  deadline 'request', due in 5 s"));
    CHECK(contains(dump, "\n    group 'workers'"));
    CHECK(contains(dump, "\n      task 'reader' spawned at "));
    CHECK(contains(dump, "waits for time to pass at "));
}

TETHER_TEST_CASE("IN13 an argument that looks around when its task was stopped "
                 "finds a task without a place") {
    std::string dump;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            named("left"),
            [](farewell const&) -> task<> { co_await sleep_forever(); },
            farewell(dump));
        co_await checkpoint();
        group.cancel();
    });
    CAPTURE(dump);
    auto const line = dump.find("task 'left' spawned at ");
    REQUIRE(line != std::string::npos);
    CHECK_FALSE(contains(dump.substr(line, dump.find('\n', line) - line),
                         "running at "));
}
