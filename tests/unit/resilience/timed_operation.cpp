// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// How long work took, told on every way out, in virtual time.
#include "support/test_case.hpp"

#include <tether/resilience/timed_operation.hpp>
#include <tether/scope.hpp>
#include <tether/sync/event.hpp>
#include <tether/testing/cancel_sweep.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

// What was told, as "name milliseconds how".
class timings {
public:
    auto sink() {
        return [this](operation_timing const& t) {
            auto const ms =
                std::chrono::duration_cast<std::chrono::milliseconds>(
                    t.duration);
            lines.push_back(std::string(t.name) + ' ' +
                            std::to_string(ms.count()) +
                            (t.how.succeeded() ? " ok"
                             : t.how.failed()  ? " failed"
                                               : " stopped"));
        };
    }
    std::vector<std::string> lines;
};
using texts = std::vector<std::string>;

task<int&> refer_later(int& object) {
    co_await sleep_for(1s);
    co_return object;
}
task<std::unique_ptr<int>> owned(int value) {
    co_await sleep_for(2ms);
    co_return std::make_unique<int>(value);
}
task<> failing() {
    co_await sleep_for(3ms);
    throw std::out_of_range("work");
}

} // namespace

TETHER_TEST_CASE("RE20 timed_operation tells the time on success, after an "
                 "error, and after a stop") {
    timings told;
    auto const sink = told.sink();
    int const value = co_await timed_operation(
        "create_order",
        []() -> task<int> {
            co_await sleep_for(123ms);
            co_return 3;
        },
        sink);
    CHECK(value == 3);
    std::string text;
    try {
        co_await timed_operation("b", [] { return failing(); }, sink);
    } catch (std::out_of_range const& e) {
        text = e.what();
    }
    CHECK(text == "work");
    co_await move_on_after(40ms, [&]() -> task<> {
        co_await timed_operation(
            "c", []() -> task<> { co_await sleep_forever(); }, sink);
    });
    CHECK(told.lines ==
          texts{"create_order 123 ok", "b 3 failed", "c 40 stopped"});
}

TETHER_TEST_CASE("coverage row 92: around an awaitable, the value keeps its "
                 "category, the error and the stop pass through") {
    timings told;
    auto const sink = told.sink();
    int object = 1;
    int& same = co_await timed_operation("refer", refer_later(object), sink);
    CHECK(&same == &object);
    auto const moved = co_await timed_operation("own", owned(6), sink);
    CHECK(*moved == 6);
    bool thrown = false;
    try {
        co_await timed_operation("fail", failing(), sink);
    } catch (std::out_of_range const&) {
        thrown = true;
    }
    CHECK(thrown);
    // Operations that are no task, and one that is a name.
    event never;
    auto const wait = never.wait();
    bool const finished =
        co_await move_on_after(4ms, timed_operation("wait", wait, sink));
    CHECK(!finished);
    co_await timed_operation("sleep", sleep_for(5ms), sink);
    CHECK(told.lines == texts{"refer 1000 ok", "own 2 ok", "fail 3 failed",
                              "wait 4 stopped", "sleep 5 ok"});
}

TEST_CASE("coverage row 92: whatever stops the work, the time is told once") {
    std::size_t begun = 0;
    timings told;
    auto const work = [&]() -> task<> {
        auto const step = [&]() -> task<> {
            ++begun;
            co_await checkpoint();
            co_await sleep_for(1ms);
        };
        co_await timed_operation("step", step(), told.sink());
    };
    auto const report = testing::cancel_sweep(work, [&] {
        bool const each = told.lines.size() == begun;
        begun = 0;
        told.lines.clear();
        return each;
    });
    CHECK(report.points >= 2);
}
