// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What is used too late or from the wrong thread says so.
#include "group_test.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace tether_test;

namespace {

std::string said_by(std::function<void()> const& misuse) {
    try {
        misuse();
    } catch (std::logic_error const& e) {
        return e.what();
    }
    return "nothing";
}

std::string said_on_a_thread(std::function<void()> const& misuse) {
    std::string text;
    std::thread([&] { text = said_by(misuse); }).join();
    return text;
}

} // namespace

TETHER_TEST_CASE("TG59 a signal called after its child has ended is an error") {
    std::optional<start_signal<int>> kept;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool thrown = false;
        try {
            static_cast<void>(co_await group.start<int>(
                named("hasty"), [&](start_signal<int> started) -> task<> {
                    kept = std::move(started);
                    co_return;
                }));
        } catch (child_exited_without_started const&) {
            thrown = true;
        }
        CHECK(thrown);
        std::string const text = said_by([&] { (*kept)(1); });
        CHECK_THAT(text, contains_text("after its task has ended"));
        CHECK_THAT(text, contains_text("hasty"));
        CHECK_THAT(text, contains_text("group_misuse.cpp:"));
    });
    // Also when group and task are long gone.
    CHECK_THAT(said_by([&] { (*kept)(2); }),
               contains_text("after its task has ended"));
}

TETHER_TEST_CASE("TG59 a signal that was moved from is empty, a copy is not") {
    co_await with_task_group([&](task_group& group) -> task<> {
        int const value =
            co_await group.start<int>([](start_signal<int> started) -> task<> {
                start_signal<int> const copy = started;
                start_signal<int> moved = std::move(started);
                // The question is what the moved-from one says.
                CHECK_THAT(said_by([&] { started(1); }), // NOLINT
                           contains_text("moved from"));
                moved(2);
                CHECK_THAT(said_by([&] {
                               auto again = copy;
                               again(3);
                           }),
                           contains_text("twice"));
                co_return;
            });
        CHECK(value == 2);
    });
}

TETHER_TEST_CASE("TG59 a signal called on another thread is an error") {
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await group.start([&](start_signal<> started) -> task<> {
            text = said_on_a_thread([&] { started(); });
            started();
            co_return;
        });
    });
    CHECK_THAT(text, contains_text("from a thread or executor that is not"));
}

TETHER_TEST_CASE("TG73 try_spawn from another thread is a checked error") {
    std::string text;
    std::size_t size = 1;
    co_await with_task_group(
        task_group_options{.name = "mine"}, [&](task_group& group) -> task<> {
            text = said_on_a_thread([&] {
                static_cast<void>(
                    group.try_spawn([]() -> task<> { co_return; }));
            });
            size = group.size();
            co_return;
        });
    CHECK_THAT(text, contains_text("mine"));
    CHECK_THAT(text, contains_text("another thread or executor"));
    CHECK(size == 0);
}

TETHER_TEST_CASE("TG31 a cancel through a handle from another thread is a "
                 "checked error") {
    std::string text;
    std::string late = "not called";
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child = group.spawn([]() -> task<> { co_await sleep_for(1s); });
        co_await checkpoint();
        text = said_on_a_thread([&] { child.cancel(); });
        co_await child.wait();
        CHECK(child.status() == task_status::finished);
        late = said_on_a_thread([&] { child.cancel(); }); // has ended: no-op
    });
    CHECK_THAT(text, contains_text("through its handle from a thread"));
    CHECK(late == "nothing");
}
