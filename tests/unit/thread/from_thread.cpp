// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread reach back to the task that waits for it, and what happens
/// when that is cancelled?
#include "unit/thread/thread_test.hpp"

#include <tether/scope/task_local.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/dump_tree.hpp>
#include <tether/thread/from_thread.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace tether_test;

task_local<std::string> const who("nobody");

std::string text_of_logic_error(std::function<void()> const& f) {
    try {
        f();
    } catch (std::logic_error const& e) {
        return e.what();
    }
    return "";
}

// Until it is cancelled.
void spin(gate& begun) {
    begun.pass();
    for (;;) {
        from_thread::check_cancelled();
        std::this_thread::yield();
    }
}

} // namespace

TETHER_TEST_CASE("TH08 a function that lets check_cancelled() out stops its "
                 "task") {
    event_log log;
    gate begun;
    begun.open();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("n"), [&]() -> task<> {
            exit_note const gone(log, "gone");
            try {
                co_await to_thread([&] {
                    try {
                        spin(begun);
                    } catch (cancelled_error const& e) {
                        log(std::string(e.what()).substr(0, 44));
                        throw;
                    }
                });
            } catch (...) {
                log("caught");
            }
            log("after");
        });
        co_await until_arrived(begun);
        group.cancel("enough");
    });
    CHECK(log.text() == "task 'n' cancelled: explicit_request: enough gone");
}

TETHER_TEST_CASE("TH08 a function that keeps check_cancelled() to itself has "
                 "its value delivered") {
    gate begun;
    begun.open();
    std::string got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            got = co_await to_thread([&]() -> std::string {
                try {
                    spin(begun);
                } catch (cancelled_error const&) {
                    return from_thread::cancel_requested() ? "partial" : "";
                }
                return "never";
            });
        });
        co_await until_arrived(begun);
        group.cancel();
    });
    CHECK(got == "partial");
}

TETHER_TEST_CASE("TH08 TH12 on a thread that works for nobody each function "
                 "says what to use") {
    auto const refused = [] {
        std::vector<std::string> texts{
            text_of_logic_error([] { from_thread::check_cancelled(); }),
            text_of_logic_error(
                [] { static_cast<void>(from_thread::cancel_requested()); }),
            text_of_logic_error([] { from_thread::run([] {}); }),
            text_of_logic_error([] { from_thread::sleep_for(1s); })};
#if defined(__cpp_lib_jthread)
        texts.push_back(text_of_logic_error(
            [] { static_cast<void>(from_thread::stop_token()); }));
#endif
        return texts;
    };
    std::vector<std::string> texts = refused();
    std::thread([&] {
        for (std::string& text : refused())
            texts.push_back(std::move(text));
    }).join();
    for (std::string const& text : texts)
        CHECK_THAT(text, contains_text("blocking_portal"));
    co_return;
}

TETHER_TEST_CASE("TH13 a thread that runs a loop is not blocked for another "
                 "one") {
    std::string const text = co_await to_thread([] {
        return run([]() -> task<std::string> {
            co_return text_of_logic_error([] { from_thread::run([] {}); });
        });
    });
    CHECK_THAT(text, contains_text("co_await"));
    std::string served;
    co_await to_thread([&] {
        from_thread::run([&] {
            served =
                text_of_logic_error([] { from_thread::check_cancelled(); });
        });
    });
    CHECK_THAT(served, contains_text("blocking_portal"));
}

TETHER_TEST_CASE("TH10 what a thread has run is a part of the task that waits "
                 "for it") {
    auto const here = std::this_thread::get_id();
    event happened;
    std::string seen;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("host"), [&]() -> task<> {
            co_await with_task_local(who, "ann", [&]() -> task<> {
                int const got = co_await to_thread([&] {
                    // A coroutine, a plain function, something to await.
                    int const seven = from_thread::run(
                        [&](int base) -> task<int> {
                            co_await sleep_for(1h);
                            seen = this_task::name() + " " + who.get();
                            CHECK(std::this_thread::get_id() == here);
                            co_return base + 1;
                        },
                        6);
                    from_thread::run([&] { happened.set(); });
                    from_thread::run([&] { return happened.wait(); });
                    return from_thread::run(
                        [&]() -> int const& { return seven; });
                });
                CHECK(got == 7);
            });
        });
        co_return;
    });
    CHECK(seen == "host ann");
}

TETHER_TEST_CASE("TH10 errors come through to the thread, and from there to "
                 "the task") {
    std::string text;
    try {
        co_await to_thread([&] {
            try {
                from_thread::run([]() -> task<> {
                    co_await checkpoint();
                    throw std::runtime_error("inner");
                });
            } catch (std::runtime_error const& e) {
                throw std::runtime_error(std::string(e.what()) + " outer");
            }
        });
    } catch (std::runtime_error const& e) {
        text = e.what();
    }
    CHECK(text == "inner outer");
}

TETHER_TEST_CASE("TH10 a stop of the task destroys the frames that serve the "
                 "thread, then the thread ends, then the task") {
    event_log log;
    stopwatch const watch;
    bool const done = co_await move_on_after(2s, [&]() -> task<> {
        exit_note const host(log, "host");
        co_await to_thread([&] {
            try {
                from_thread::run([&]() -> task<> {
                    exit_note const frame(log, "frame");
                    co_await sleep_forever();
                });
            } catch (cancelled_error const&) {
                log("thread");
                from_thread::run([&] { log("never"); }); // the same again
            }
        });
    });
    CHECK(!done);
    CHECK(watch.elapsed() == 2s);
    CHECK(log.text() == "frame thread host");
}

TETHER_TEST_CASE("TH10 a scope inside of what is served takes its own stop") {
    stopwatch const watch;
    std::string const got = co_await to_thread([] {
        bool const in_time = from_thread::run([]() -> task<bool> {
            co_return co_await move_on_after(
                1s, []() -> task<> { co_await sleep_forever(); });
        });
        from_thread::sleep_for(1h);
        from_thread::check_cancelled();
        return std::string(in_time ? "in time" : "late");
    });
    CHECK(got == "late");
    CHECK(watch.elapsed() == 1h + 1s);
}

TEST_CASE("TH10 what a thread waits for in vain is a deadlock with a place") {
    std::string tree;
    event_log log;
    auto const body = [&]() -> task<> {
        exit_note const gone(log, "gone");
        event never;
        co_await to_thread({.name = "asks"}, [&] {
            from_thread::run([&] { return never.wait(); });
        });
    };
    try {
        run(body);
    } catch (deadlock_error const& e) {
        tree = e.tree();
    }
    CHECK_THAT(tree, contains_text("thread 'asks'"));
    CHECK(log.text() == "gone");
}
