// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The double of a resource, under `with` and under everything that goes wrong.

#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/testing/mock_resource.hpp>
#include <tether/testing/run_test.hpp>

#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using namespace tether::testing;
using tether::task;
using tether::with;
using tether_test::contains_text;
using tether_test::stopwatch;

namespace {

using resource = mock_resource;

task<> nothing(resource&) {
    co_return;
}
template<class F>
task<std::string> failure_of(F& fn) {
    try {
        co_await fn();
    } catch (std::exception const& e) {
        co_return e.what();
    }
    co_return std::string();
}

} // namespace

static_assert(tether::async_resource<mock_resource>);

TETHER_TEST_CASE("TE20 a mock resource records who was opened and closed, in "
                 "which order") {
    resource_log log;
    resource a("a", &log);
    resource b("b", &log);
    co_await with(a, b, [&](resource&, resource&) -> task<> {
        CHECK(a.live() + b.live() == 2);
        log.push_back("body");
        co_return;
    });
    CHECK(log ==
          resource_log{"open a", "open b", "body", "close b", "close a"});
    CHECK(a.close_reason()->succeeded());
    a.assert_balanced();
    b.assert_balanced();
}

TETHER_TEST_CASE("TE20 an open that fails acquires nothing") {
    resource a;
    resource b("b");
    b.on_open(delay(1s), error(std::runtime_error("no b")));
    auto const failing = [&]() -> task<> {
        co_await with(a, b, [](resource&, resource&) -> task<> { co_return; });
    };
    auto const text = co_await failure_of(failing);
    CHECK(text == "no b");
    CHECK(a.closes() == 1);
    CHECK(a.close_reason()->failed());
    CHECK(b.opens() == 1);
    CHECK(b.closes() == 0);
    a.assert_balanced();
    b.assert_balanced();
}

TETHER_TEST_CASE("TE20 an open that hangs is cancelled and acquires nothing") {
    resource a;
    a.on_open(hang());
    auto const done = co_await tether::move_on_after(1s, with(a, nothing));
    CHECK_FALSE(done);
    CHECK(a.live() == 0);
    CHECK(a.opens() == 1);
    a.assert_balanced();
}

TETHER_TEST_CASE("TE20 a close that fails has released, its error comes out") {
    resource a;
    a.on_close(delay(2s), error(std::runtime_error("flush")));
    stopwatch const watch;
    auto const failing = [&] { return with(a, nothing); };
    auto const text = co_await failure_of(failing);
    CHECK(text == "flush");
    CHECK(watch.elapsed() == 2s);
    a.assert_balanced();
    co_await with(a, nothing); // the script is used up
    CHECK(a.closes() == 2);
}

TETHER_TEST_CASE("TE20 a close that hangs is given up after the grace, and the "
                 "resource is not released") {
    resource a;
    a.on_close(hang());
    stopwatch const watch;
    auto const forever = [](resource&) -> task<> {
        co_await tether::sleep_forever();
    };
    auto const done = co_await tether::move_on_after(1s, with(a, forever));
    CHECK_FALSE(done);
    CHECK(watch.elapsed() == 11s);
    CHECK(a.live() == 1);
    CHECK(a.close_reason()->stopped());
    CHECK_THROWS_AS(a.assert_balanced(), test_failure);
    tether::exit_reason const again = *a.close_reason();
    co_await a.close(again); // or the test would fail at its end
    a.assert_balanced();
}

TETHER_TEST_CASE("TE20 several users of one resource are counted") {
    resource a;
    a.on_open(delay(1s), value(), delay(2s), value());
    co_await tether::with_task_group([&](tether::task_group& group) -> task<> {
        auto const use = [&]() -> task<> {
            co_await with(
                a, [](resource&) -> task<> { co_await tether::sleep_for(5s); });
        };
        group.spawn(use);
        group.spawn(use);
        co_await tether::sleep_for(1500ms);
        CHECK(a.live() == 1);
        co_await tether::sleep_for(1s);
        CHECK(a.live() == 2);
    });
    CHECK(a.opens() == 2);
    a.assert_balanced();
}

TEST_CASE("TE20 a close too many fails at once, and the test at its end") {
    std::string at_end;
    try {
        run_test([]() -> task<> {
            resource a("a");
            tether::exit_reason const why;
            auto const twice = [&] { return a.close(why); };
            auto const text = co_await failure_of(twice);
            CHECK(text == "mock_resource 'a': closed although nothing is open");
            CHECK_THROWS_AS(a.assert_balanced(), test_failure);
        });
    } catch (test_failure const& e) {
        at_end = e.what();
    }
    CHECK_THAT(at_end, contains_text("closed 1 times although nothing"));
}

TEST_CASE("TE20 a test fails at its end while something is live") {
    std::string text;
    try {
        run_test([]() -> task<> {
            resource a("a");
            co_await a.open();
        });
    } catch (test_failure const& e) {
        text = e.what();
    }
    CHECK_THAT(text, contains_text("mock_resource 'a': 1 of the opened ones "
                                   "were never closed"));
}
