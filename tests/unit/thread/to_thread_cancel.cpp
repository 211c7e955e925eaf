// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a cancel do to a function on a thread?
#include "unit/thread/thread_test.hpp"

#include <tether/thread/cancellable_read.hpp>
#include <tether/thread/from_thread.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include <poll.h>

namespace {
using namespace tether_test;

// On the thread: it has begun, and stays until it hears of a cancel.
void pass_and_await_cancel(gate& begun) {
    begun.pass();
    while (!from_thread::cancel_requested())
        std::this_thread::yield();
}
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

TETHER_TEST_CASE(
    "TH08 a soft cancel is told to who asks, and check_cancelled() "
    "lets the function go on") {
    gate begun;
    begun.open();
    bool went_on = false;
    bool const done =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await to_thread([&] {
                        pass_and_await_cancel(begun);
                        from_thread::check_cancelled();
                        went_on = true;
                    });
                });
                co_await until_arrived(begun);
                scope.cancel_soft(1h);
            });
        });
    CHECK(done);
    CHECK(went_on);
}

TETHER_TEST_CASE("TH08 what check_cancelled() has thrown in another call is "
                 "an error like others") {
    std::exception_ptr kept;
    gate begun;
    begun.open();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread([&] {
                pass_and_await_cancel(begun);
                try {
                    from_thread::check_cancelled();
                } catch (...) {
                    kept = std::current_exception();
                }
            });
        });
        co_await until_arrived(begun);
        group.cancel();
    });
    bool caught = false;
    try {
        co_await to_thread([&] { std::rethrow_exception(kept); });
    } catch (cancelled_error const&) {
        caught = true;
    }
    CHECK(caught);
}

TETHER_TEST_CASE("TH23 a descriptor that is asked for after the cancel is "
                 "readable at once") {
    gate begun;
    begun.open();
    int readable = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await to_thread([&] {
                pass_and_await_cancel(begun);
                ::pollfd look{from_thread::wake_handle(), POLLIN, 0};
                readable = ::poll(&look, 1, 0);
            });
        });
        co_await until_arrived(begun);
        group.cancel();
    });
    CHECK(readable == 1);
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
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await to_thread([&](std::stop_token token) {
                    begun.pass();
                    while (!token.stop_requested())
                        std::this_thread::yield();
                });
            });
            co_await until_arrived(begun, 2);
            scope.cancel_soft(1h);
        });
        asked_softly = co_await to_thread(
            [](std::stop_token token) { return token.stop_requested(); });
    });
    CHECK(asked_softly);
}
#endif
