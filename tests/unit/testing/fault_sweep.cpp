// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does fault_sweep() let fail, and what does it find?
#include "sweep_test.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tether;
using namespace tether::testing;
using namespace tether_test;

fault_sweep_options nothing_but(bool fault_sweep_options::* kind) {
    fault_sweep_options options;
    options.frames = options.heap = false;
    options.completions = options.copies = false;
    options.*kind = true;
    return options;
}

task<int> small(int n) {
    co_return n;
}

} // namespace

TEST_CASE("TE18 each frame is refused once") {
    int errors = 0;
    auto const report = fault_sweep(
        [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                try {
                    int const n = co_await small(i);
                    static_cast<void>(n);
                } catch (std::bad_alloc const&) {
                    ++errors;
                }
            }
        },
        nothing_but(&fault_sweep_options::frames));
    CHECK(report.points == 3);
    CHECK(report.runs == 5);
    CHECK(errors == 3);
}

TEST_CASE("TE18 each allocation of the program is refused once, where "
          "operator new is replaced") {
    std::vector<int> kept;
    auto const report = fault_sweep(
        [&]() -> task<> {
            std::vector<int>().swap(kept);
            for (int i = 0; i < 3; ++i)
                kept.push_back(i); // makes room three times
            co_return;
        },
        [&] { return kept.size() <= 3; },
        nothing_but(&fault_sweep_options::heap));
    CHECK(report.points == 3);
}

TEST_CASE("TE18 each operation of use_task ends with an error once") {
    std::size_t resets = 0;
    auto body = [&]() -> task<> {
        asio::steady_timer timer(this_task::executor());
        for (int i = 0; i < 3; ++i) {
            try {
                timer.expires_after(0ms);
                co_await timer.async_wait(use_task);
            } catch (boost::system::system_error const& error) {
                resets += error.code() == asio::error::broken_pipe ? 1 : 0;
            }
        }
    };
    auto options = nothing_but(&fault_sweep_options::completions);
    options.completion_error = asio::error::broken_pipe;
    CHECK(fault_sweep(body, options).points == 3);
    CHECK(resets == 3);
}

TEST_CASE("TE18 each copy and move of a throwing value fails once") {
    using text = throwing<std::string>;
    auto give = []() -> task<text> { co_return text("value"); };
    std::size_t whole = 0;
    auto const report = fault_sweep(
        [&]() -> task<> {
            text const got = co_await give();
            text copy = got;
            copy = got;
            ++whole;
        },
        nothing_but(&fault_sweep_options::copies));
    CHECK(report.points >= 4);
    CHECK(whole == 2);
}

TEST_CASE("TE18 outside of a sweep a throwing value does not throw") {
    throwing<int> one(1);
    throwing<int> two(std::move(one));
    one = two;
    CHECK(one == two);
    CHECK(one.value() == 1);
}

TEST_CASE("TE18 an invariant that a fault breaks is reported with the point, "
          "its kind and its task") {
    int balance = 0;
    auto transfer = [&]() -> task<> {
        balance = -10;
        int const amount = co_await small(10); // its frame may be refused
        balance += amount;
    };
    std::string const report = failure_of(
        [&] { fault_sweep(transfer, [&] { return balance == 0; }); });
    CHECK(contains(report, "fault_sweep: 1 of 3 runs failed"));
    CHECK(contains(report, "failed at point 1, memory of a frame"));
    CHECK(contains(report, "in task 'main'"));
    CHECK(contains(report, "the invariant does not hold"));
}

TEST_CASE("TE18 a fault after which the body hangs is found") {
    std::string const report = failure_of([] {
        fault_sweep([]() -> task<> {
            event done;
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    try {
                        int const n = co_await small(1);
                        static_cast<void>(n);
                        done.set();
                    } catch (std::bad_alloc const&) { // swallowed
                    }
                });
                co_await done.wait();
            });
        });
    });
    CHECK(contains(report, "deadlock"));
}

TEST_CASE("TE18 with what a disturbed run ends is free") {
    auto const report = fault_sweep([]() -> task<> {
        auto const both = co_await when_all(small(1), small(2));
        auto const first = co_await race(small(1), small(2));
        static_cast<void>(first);
        if (std::get<0>(both) != 1)
            throw test_failure("wrong");
    });
    CHECK(report.points >= 4);
}

TEST_CASE("TE18 a fault after the last frame of a task has gone has no place") {
    std::string const why = "a text that no small string has room for";
    auto const report = fault_sweep([&]() -> task<> {
        std::optional<task_handle<void>> kept;
        co_await with_task_group([&](task_group& group) -> task<> {
            kept = group.spawn([]() -> task<> { co_await sleep_forever(); });
            co_await checkpoint();
            group.cancel(why); // the handle keeps a copy of the reason
        });
    });
    CHECK(report.points > 4);
}
