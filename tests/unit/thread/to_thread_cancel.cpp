// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a cancel do to a function on a thread?
#include "unit/thread/thread_test.hpp"

#include <stdexcept>
#include <string>
#include <thread>

namespace {
using namespace tether_test;
} // namespace

TETHER_TEST_CASE("TH02 a cancelled scope calls nothing") {
    bool called = false;
    bool const done =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await to_thread([&] { called = true; });
        });
    CHECK(!done);
    CHECK(!called);
}

TETHER_TEST_CASE("TH02 a cancel waits until the function has ended; what it "
                 "returns is delivered, and the stop comes next") {
    gate hold;
    event_log log;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                exit_note const gone(log, "gone");
                int const got = co_await to_thread([&] {
                    hold.pass();
                    return 7;
                });
                log("got " + std::to_string(got));
                co_await checkpoint();
                log("never");
            });
            co_await until_arrived(hold);
            scope.cancel();
            co_await shielded([&]() -> task<> {
                for (int i = 0; i != 1000; ++i)
                    co_await checkpoint();
                log("waiting");
                hold.open();
            });
        });
    });
    CHECK(log.text() == "waiting got 7 gone");
}

TETHER_TEST_CASE("TH02 an error of the function is delivered in spite of a "
                 "cancel") {
    gate hold;
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                co_await to_thread([&] {
                    hold.pass();
                    throw std::runtime_error("late");
                });
            } catch (std::runtime_error const& e) {
                text = e.what();
            }
        });
        co_await until_arrived(hold);
        group.cancel();
        hold.open();
    });
    CHECK(text == "late");
}

#if defined(__cpp_lib_jthread)
TETHER_TEST_CASE("TH09 a function that takes a token is told of a cancel") {
    gate begun;
    begun.open();
    bool stopped = false;
    bool asked_softly = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            stopped = co_await to_thread(
                [&](std::stop_token token, int ten) {
                    begun.pass();
                    while (!token.stop_requested())
                        std::this_thread::yield();
                    return ten == 10;
                },
                10);
        });
        co_await until_arrived(begun);
        group.cancel();
    });
    CHECK(stopped);
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        scope.cancel_soft(1h);
        asked_softly = co_await to_thread(
            [](std::stop_token token) { return token.stop_requested(); });
    });
    CHECK(asked_softly);
}
#endif
