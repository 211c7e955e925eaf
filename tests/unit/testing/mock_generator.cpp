// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The double of a generator: its scripts, and what it notices.

#include "support/test_case.hpp"

#include <tether/scope/deadline.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/next.hpp>
#include <tether/testing/mock_generator.hpp>
#include <tether/testing/run_test.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace tether::testing;
using tether::task;
using tether_test::contains_text;
using tether_test::stopwatch;

namespace {

template<class F>
std::string failure_of(F const& body) {
    try {
        run_test(body);
    } catch (test_failure const& e) {
        return e.what();
    }
    return {};
}

} // namespace

TETHER_TEST_CASE("TE20 a mock generator plays one script for each call, in "
                 "virtual time") {
    mock_generator<int> ticks("ticks");
    ticks.script(value(1), delay(2s), value(2), delay(1s), value(3));
    ticks.script();
    std::vector<int> seen;
    stopwatch const watch;
    for (int call = 0; call != 2; ++call) {
        auto read = [&](tether::async_generator<int>& all) -> task<> {
            while (auto one = co_await tether::next(all))
                seen.push_back(*one);
        };
        auto all = ticks();
        co_await tether::consume(all, read);
    }
    CHECK(seen == std::vector<int>{1, 2, 3});
    CHECK(watch.elapsed() == 3s);
    CHECK(ticks.calls() == 2);
    CHECK(ticks.elements() == 3);
    CHECK(ticks.finished() == 2);
    CHECK(ticks.live() == 0);
}

TETHER_TEST_CASE("TE20 an error of a script comes out of the step, a hang "
                 "waits for the stop") {
    mock_generator<std::unique_ptr<int>> boxes("boxes");
    boxes.script(value(std::make_unique<int>(7)),
                 error(std::runtime_error("reset")));
    boxes.script(hang());
    auto broken = boxes();
    auto const first = co_await tether::next(broken);
    CHECK(**first == 7);
    std::string text;
    try {
        co_await tether::next(broken);
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    CHECK(text == "reset");
    auto stuck = boxes();
    auto wait = [&]() -> task<> {
        auto const none = co_await tether::next(stuck);
        CHECK_FALSE(none);
    };
    bool const in_time = co_await tether::move_on_after(1s, wait);
    CHECK_FALSE(in_time);
    CHECK(boxes.live() == 0);
    CHECK(boxes.finished() == 0);
}

TEST_CASE("TE20 a mock generator that is left in the middle fails the test, "
          "one that is closed does not") {
    auto const body = [](bool close) {
        return [close]() -> task<> {
            mock_generator<int> ticks("ticks");
            ticks.script(value(1), value(2));
            auto all = ticks();
            auto const first = co_await tether::next(all);
            CHECK(first == 1);
            if (close)
                co_await all.close();
        };
    };
    CHECK(failure_of(body(true)).empty());

    // The double outlives its generator here, and goes before the test.
    auto const left = [] {
        return []() -> task<> {
            std::optional<tether::async_generator<int>> all;
            mock_generator<int> ticks("ticks");
            ticks.script(value(1), value(2));
            all.emplace(ticks());
            auto const first = co_await tether::next(*all);
            CHECK(first == 1);
        };
    };
    CHECK_THAT(failure_of(left()),
               contains_text("mock_generator 'ticks': 1 of its generators "
                             "were begun and neither read to the end nor "
                             "closed"));
}

TEST_CASE("TE20 a mock generator is strict about its scripts") {
    CHECK_THAT(failure_of([]() -> task<> {
                   mock_generator<int> ticks("ticks");
                   ticks.script(value(1));
                   co_return;
               }),
               contains_text("1 of its scripts were never played"));
    CHECK_THAT(failure_of([]() -> task<> {
                   mock_generator<int> ticks("ticks");
                   static_cast<void>(ticks());
                   co_return;
               }),
               contains_text("called 1 times, and script() was called 0"));
    mock_generator<int> ticks;
    CHECK_THROWS_AS(ticks.script(value(1), delay(1s)), std::logic_error);
}
