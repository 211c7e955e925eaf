// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a runner tells in debug mode: steps that take long or do not end. And
// who switches it on.

#include "debug_test.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <semaphore>

using namespace tether_test;

namespace {

// The variable, for the time of a case.
class environment {
public:
    explicit environment(char const* value) { set(value); }
    environment(environment const&) = delete;
    environment& operator=(environment const&) = delete;
    ~environment() { ::unsetenv("TETHER_DEBUG"); }
    void set(char const* value) { ::setenv("TETHER_DEBUG", value, 1); }
};

} // namespace

TEST_CASE("IN10 a step longer than the threshold is told once, with its task "
          "and the await before it") {
    virtual_clock clock;
    debugged app(without_thread(), &clock);
    unsigned line = 0;
    auto const works = [&](std::chrono::milliseconds time) -> task<> {
        line = std::source_location::current().line() + 1;
        co_await tether::checkpoint();
        clock.jump(time);
        co_await tether::checkpoint();
    };
    app->run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.spawn(tether::named("short"), works, 50ms);
            group.spawn(tether::named("long"), works, 150ms);
            co_return;
        });
    });
    REQUIRE(app.reports.size() == 1);
    told const& report = app.reports.front();
    CHECK(report.what == debug_finding::slow_step);
    CHECK(report.task == "long");
    CHECK(report.where.line() == line);
    CHECK(report.duration == 150ms);
    CHECK_THAT(report.text,
               contains_text("a step of task 'long', after the await at "));
    CHECK_THAT(report.text, contains_text("debug_mode.cpp:"));
    CHECK_THAT(report.text, contains_text(", took 150 ms"));
}

TEST_CASE("IN10 the first step of a task is told with the place of its spawn, "
          "and a stop callback as one") {
    virtual_clock clock;
    debugged app(without_thread(), &clock);
    unsigned line = 0;
    app->run([&]() -> task<> {
        clock.jump(100ms);
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            line = std::source_location::current().line() + 1;
            group.spawn([&]() -> task<> {
                clock.jump(100ms);
                co_return;
            });
            co_return;
        });
    });
    REQUIRE(app.reports.size() == 2);
    CHECK(app.reports[0].text == "the first step of task 'main' took 100 ms");
    CHECK(app.reports[1].where.line() == line);
    CHECK_THAT(app.reports[1].text,
               contains_text("the first step of task, spawned at "));
#if defined(__cpp_lib_jthread)
    app->run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                std::stop_callback const slow(tether::this_task::stop_token(),
                                              [&] { clock.jump(100ms); });
                co_await tether::sleep_forever();
            });
            co_await tether::checkpoint();
            group.cancel();
        });
    });
    REQUIRE(app.reports.size() == 3);
    CHECK(app.reports[2].text == "a stop callback took 100 ms");
#endif
}

TEST_CASE("IN11 a step that blocks the loop is told while it does, by a thread "
          "that ends with the run") {
    tether::debug_options options;
    options.mode = debug_mode::on;
    options.slow_step = 0s;
    options.blocked_step = 1ms;
    tether::run_options all;
    all.debug = options;
    tether::runner app(all);
    std::binary_semaphore release(0);
    std::atomic<int> reports = 0;
    std::vector<told> seen;
    auto const mark = std::make_shared<int>(); // in each copy of the sink
    app.on_debug_report([&, mark](debug_report const& r) {
        if (r.task != "stubborn" || ++reports > 2)
            return;
        seen.push_back(
            {r.what, std::string(r.task), r.where, r.duration, r.text});
        if (reports == 2)
            release.release();
    });
    long const before = mark.use_count();
    long during = 0;
    unsigned line = 0;
    // Only what is told lets it go on; the group was cancelled before its
    // first step, which does not help.
    app.run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            group.cancel("user left");
            line = std::source_location::current().line() + 1;
            group.spawn(tether::named("stubborn"), [&]() -> task<> {
                during = mark.use_count();
                release.acquire();
                co_return;
            });
            co_return;
        });
    });
    CHECK(mark.use_count() == before);
    CHECK(during == before + 1);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].what == debug_finding::blocked_step);
    CHECK(seen[0].where.line() == line);
    CHECK(seen[0].duration >= 1ms);
    CHECK(seen[1].duration >= 2 * 1ms); // after a doubling
    CHECK_THAT(seen[0].text,
               contains_text("the first step of task 'stubborn', spawned at "));
    CHECK_THAT(seen[0].text, contains_text(", blocks the loop for "));
    CHECK_THAT(seen[0].text, contains_text("; the task was cancelled "));
}

TEST_CASE("RU11 TETHER_DEBUG switches debug mode on, an option overrides it") {
    virtual_clock clock;
    auto const found = [&](debug_mode mode) {
        tether::debug_options options = without_thread();
        options.mode = mode;
        debugged app(options, &clock);
        app->run([&]() -> task<> {
            clock.jump(1s);
            co_return;
        });
        return app.reports.size();
    };
    CHECK(found(debug_mode::by_environment) == 0);
    environment variable("1");
    CHECK(found(debug_mode::by_environment) == 1);
    CHECK(found(debug_mode::off) == 0);
    variable.set("0");
    CHECK(found(debug_mode::by_environment) == 0);
    CHECK(found(debug_mode::on) == 1);
    variable.set("");
    CHECK(found(debug_mode::by_environment) == 0);
}

TEST_CASE("RU11 without somebody to tell, and with all left out, a runner "
          "watches nothing; negative times are refused") {
    environment const variable("1");
    virtual_clock clock;
    auto const blocks = [&]() -> task<> {
        clock.jump(1h);
        co_return;
    };
    tether::run_options with_clock;
    with_clock.clock = &clock;
    tether::runner silent(with_clock);
    CHECK_NOTHROW(silent.run(blocks));
    tether::debug_options options;
    options.slow_step = options.blocked_step = options.late_cancel = 0s;
    debugged nothing(options, &clock);
    nothing->run(blocks);
    CHECK(nothing.reports.empty());
    options.late_cancel = -1s;
    debugged refused(options, &clock);
    CHECK_THROWS_AS(refused->run(blocks), std::invalid_argument);
}
