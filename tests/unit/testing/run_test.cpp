// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What run_test() promises: a fresh loop, virtual time, and that nothing of a
// test is lost or left.
#include "testing_test.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace testing_test;

TEST_CASE("TE02 a test takes no time, however long it sleeps") {
    auto const begun = std::chrono::steady_clock::now();
    auto const slept = run_test([]() -> task<std::chrono::hours> {
        auto const start = this_task::now();
        co_await sleep_for(24h);
        co_return std::chrono::duration_cast<std::chrono::hours>(
            this_task::now() - start);
    });
    CHECK(slept == 24h);
    CHECK(std::chrono::steady_clock::now() - begun < 1h);
}

TEST_CASE("TE02 time does not move while something is posted") {
    run_test([]() -> task<> {
        auto const home = this_task::executor();
        int turns = 0;
        std::function<void()> again = [&] {
            if (++turns < 1000)
                boost::asio::post(home, again);
        };
        boost::asio::post(home, again);
        co_await sleep_for(1ns);
        CHECK(turns == 1000);
    });
}

TEST_CASE("TE02 time moves while tasks of co_spawn wait for it") {
    testing::test_options options;
    options.hang_guard = 20s;
    auto main = []() -> task<> {
        auto const start = this_task::now();
        auto nap = []() -> task<> { co_await sleep_for(24h); };
        auto const home = this_task::executor();
        std::exception_ptr error = std::make_exception_ptr(0);
        co_spawn(home, nap, [&](std::exception_ptr e) { error = e; });
        co_await sleep_for(1h);
        CHECK(error != nullptr);
        co_await co_spawn(home, nap, use_task);
        CHECK(error == nullptr);
        CHECK(this_task::now() - start == 25h);
    };
    run_test(main, options);
}

TEST_CASE("TE09 tasks of co_spawn that wait for ever are a deadlock, no hang") {
    std::string text;
    try {
        run_test([]() -> task<> {
            event never;
            auto wait = [&]() -> task<> { co_await never.wait(); };
            co_await co_spawn(this_task::executor(), wait, use_task);
        });
    } catch (deadlock_error const& deadlock) {
        text = deadlock.what();
    }
    CHECK_THAT(text, contains_text("waits for an event"));
}

TEST_CASE("TE09 a test that hangs fails with the tree of its tasks") {
    testing::test_options options;
    options.name = "an endless wait";
    options.hang_guard = 20ms;
    auto const text = report_of(
        []() -> task<> {
            // Work of somebody else: nobody can call it a deadlock.
            auto const work = boost::asio::prefer(
                this_task::executor(),
                boost::asio::execution::outstanding_work.tracked);
            event never;
            co_await never.wait();
        },
        options);
    CHECK_THAT(text, contains_text("the test 'an endless wait' failed"));
    CHECK_THAT(text, contains_text("did not end within 20 ms of real time"));
    CHECK_THAT(text, contains_text("task 'main', waits for an event"));
}

TEST_CASE("TE09 a test that sleeps for ever in turns hangs as well") {
    testing::test_options options;
    options.hang_guard = 20ms;
    auto const text = report_of(
        []() -> task<> {
            for (;;)
                co_await sleep_for(1s);
        },
        options);
    CHECK_THAT(text, contains_text("did not end within 20 ms"));
    CHECK_THAT(text, contains_text("run_test.cpp"));
}

TEST_CASE("TE09 a test sets its own hang guard") {
    auto const text = report_of([]() -> task<> {
        testing::this_test::hang_guard(20ms);
        for (;;)
            co_await sleep_for(1s);
    });
    CHECK_THAT(text, contains_text("did not end within 20 ms"));
    CHECK_THROWS_AS(testing::this_test::hang_guard(1s), std::logic_error);
    run_test([]() -> task<> {
        CHECK_THROWS_AS(testing::this_test::hang_guard(-1s),
                        std::invalid_argument);
        testing::this_test::hang_guard(0s);
        co_return;
    });
}

TEST_CASE("TE09 what neither ends nor can be cancelled is destroyed") {
    testing::test_options options;
    options.hang_guard = 20ms;
    auto const kept = std::make_shared<int>(1);
    auto const text = report_of(
        [kept]() -> task<> {
            auto const copy = kept;
            // Only the end of the context ends this wait.
            auto const stubborn = std::make_shared<boost::asio::steady_timer>(
                this_task::executor(), 1h);
            co_await suspend_cancellable<void>([&](completion<void> done) {
                stubborn->async_wait(
                    [stubborn, keep = std::move(done)](auto const&) {});
            });
        },
        options);
    CHECK_THAT(text, contains_text("did not end within 20 ms"));
    CHECK(kept.use_count() == 1);
}

TEST_CASE("TE10 a task that nobody waits for fails the test") {
    auto const text = report_of([]() -> task<> {
        co_spawn(
            this_task::executor(), []() -> task<> { co_await sleep_forever(); },
            boost::asio::detached); // it has not begun at the end
        co_return;
    });
    CHECK_THAT(text, contains_text("tasks are left that nobody waits for"));
    CHECK_THAT(text, contains_text("waits for time to pass"));
}

TEST_CASE("TE10 a frame that outlives the test fails it") {
    std::optional<task<>> kept;
    auto const text = report_of([&]() -> task<> {
        kept = []() -> task<> { co_return; }();
        co_return;
    });
    CHECK_THAT(text, contains_text("1 coroutine frames or child records"));
}

TEST_CASE("TE10 an outcome with an error that nobody looks at fails the "
          "test") {
    auto const text = report_of([]() -> task<> {
        auto failing = []() -> task<> {
            throw std::runtime_error("never seen");
            co_return;
        };
        auto const result = co_await as_outcome(failing());
        static_cast<void>(result.has_value());
    });
    CHECK_THAT(text, contains_text("never seen"));
    CHECK_THAT(text, contains_text("nobody"));
}

TEST_CASE("TE10 a permit or a subscription that outlives the test fails it") {
    semaphore limit(2);
    broadcast<int> news;
    permit held;
    subscription<int> reader;
    auto const body = [&](bool keep) -> task<> {
        testing::at_rest_check const permits(limit, "the limit");
        testing::at_rest_check const readers(news, "the news");
        auto mine = co_await limit.acquire();
        auto const inbox = news.subscribe(1);
        if (keep) {
            held = std::move(mine);
            reader = news.subscribe(1);
        }
    };
    CHECK(report_of([&] { return body(false); }) == "it passed");
    auto const text = report_of([&] { return body(true); });
    CHECK_THAT(text, contains_text("the limit is still in use: 1 held"));
    CHECK_THAT(text, contains_text("the news is still in use: 1 subscribers"));
    CHECK_THROWS_AS(testing::at_rest_check(limit), std::logic_error);
}

TEST_CASE("TE10 what is in use is asked for at the end of the test, if not "
          "before") {
    semaphore limit(1);
    std::optional<testing::at_rest_check<semaphore>> check;
    permit held;
    auto const text = report_of([&]() -> task<> {
        check.emplace(limit);
        held = co_await limit.acquire();
    });
    CHECK_THAT(text, contains_text("an object is still in use: 1 held"));
}

TEST_CASE("TE10 what the body threw is part of the report") {
    std::optional<task<>> kept;
    try {
        run_test([&]() -> task<> {
            kept = []() -> task<> { co_return; }();
            throw std::runtime_error("the first error");
            co_return;
        });
        FAIL("the leak was not found");
    } catch (test_failure const& failure) {
        CHECK_THAT(failure.what(), contains_text("the first error"));
        CHECK_THROWS_AS(std::rethrow_exception(failure.error()),
                        std::runtime_error);
    }
}

TEST_CASE("TE10 an error of the body comes out as it is") {
    CHECK_THROWS_AS(run_test([]() -> task<> {
                        throw std::invalid_argument("mine");
                        co_return;
                    }),
                    std::invalid_argument);
    CHECK_THROWS_AS(run_test([]() -> task<> {
                        event never;
                        co_await never.wait();
                    }),
                    deadlock_error);
    CHECK_THROWS_AS(run_test([]() -> task<> {
                        co_await with_task_group([](task_group&) -> task<> {
                            throw std::runtime_error("in a group");
                            co_return;
                        });
                    }),
                    exception_group);
}

} // namespace
