// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a runner tells in debug mode of tasks that a cancel does not end.

#include "debug_test.hpp"

#include <tether/scope/shield_watch.hpp>

#include <optional>

using namespace tether_test;

TEST_CASE("IN13 a task that is alive long after its cancel is told, again and "
          "again, but not who waits for it") {
    virtual_clock clock;
    debugged app(without_thread(), &clock);
    std::optional<tether::completion<void>> late;
    app->run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            auto const deaf = [&]() -> task<> {
                co_await tether::suspend_cancellable<void>(
                    [&](tether::completion<void> done) {
                        late.emplace(std::move(done)); // no abort function
                    });
            };
            // Cancelled as well, and ends when its child has.
            group.spawn(tether::named("parent"), [deaf]() -> task<> {
                co_await tether::with_task_group(
                    [&](task_group& inner) -> task<> {
                        inner.spawn(tether::named("deaf"), deaf);
                        co_return;
                    });
            });
            group.spawn([]() -> task<> { co_await tether::sleep_forever(); });
            co_await tether::shielded(
                [&]() -> task<> {
                    co_await tether::sleep_for(1s);
                    group.cancel("user left");
                    co_await tether::sleep_for(12s);
                    (*late)();
                },
                {.grace = 1h});
        });
    });
    std::vector<std::string> of_deaf;
    for (told const& report : app.reports)
        if (report.what == debug_finding::late_task) {
            CHECK(report.task == "deaf");
            of_deaf.push_back(report.text);
        }
    REQUIRE(of_deaf.size() == 2);
    CHECK_THAT(of_deaf[0], contains_text("task 'deaf' was cancelled 5 s ago "
                                         "(explicit_request: user left"));
    CHECK_THAT(of_deaf[0], contains_text(" and is still alive; it waits for "
                                         "a callback at "));
    CHECK_THAT(of_deaf[0], contains_text("late_watch.cpp:"));
    CHECK_THAT(of_deaf[1], contains_text("was cancelled 10 s ago"));
}

TEST_CASE("IN13 a shield that holds a cancel off for long is told, also beside "
          "a watch of the program") {
    virtual_clock clock;
    debugged app(without_thread(), &clock);
    std::vector<std::string> of_watch;
    app->run([&]() -> task<> {
        tether::shield_watch const watch(
            3s, [&](std::string const& text) { of_watch.push_back(text); });
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.spawn(tether::named("saver"), []() -> task<> {
                co_await tether::shielded(
                    []() -> task<> { co_await tether::sleep_for(8s); },
                    {.grace = 30s});
            });
            co_await tether::checkpoint();
            group.cancel();
        });
    });
    REQUIRE(app.reports.size() == 1);
    CHECK(app.reports[0].what == debug_finding::held_cancel);
    CHECK(app.reports[0].duration == 5s);
    CHECK_THAT(app.reports[0].text,
               contains_text("a shield of task 'saver' holds a cancel off for "
                             "5 s"));
    CHECK(of_watch.size() == 2);
}

TEST_CASE("IN12 looking for late tasks does not hide a deadlock") {
    virtual_clock clock;
    debugged app(without_thread(), &clock);
    auto const stuck = [&]() -> task<> {
        tether::shield_watch const watch(3s, [](std::string const&) {});
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.cancel();
            co_await tether::shielded(
                []() -> task<> { co_await tether::sleep_forever(); },
                {.grace = (std::chrono::nanoseconds::max)()});
        });
    };
    CHECK_THROWS_AS(app->run(stuck), tether::deadlock_error);
    REQUIRE_FALSE(app.reports.empty());
    CHECK(app.reports[0].what == debug_finding::held_cancel);
}

TEST_CASE("RU11 what is found while a runner closes is told as well") {
    virtual_clock clock;
    tether::debug_options options = without_thread();
    options.late_cancel = 1s;
    debugged app(options, &clock);
    tether::co_spawn(
        app->context(),
        []() -> task<> {
            co_await tether::shielded(
                []() -> task<> { co_await tether::sleep_for(2500ms); });
        },
        [](std::exception_ptr) {});
    app->run([]() -> task<> { co_await tether::checkpoint(); });
    CHECK(app.reports.empty());
    app->close();
    REQUIRE(app.reports.size() == 2);
    CHECK(app.reports[1].what == debug_finding::held_cancel);
}
