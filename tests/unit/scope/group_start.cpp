// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who owns a child until it says that it is ready, and who afterwards?
#include "unit/scope/group_test.hpp"

#include <tether/task/dump_tree.hpp>

#include <optional>
#include <tuple>

namespace {

using namespace tether_test;

// Is ready after `needs`, then runs for `runs`.
task<> service(start_signal<int> started, event_log& log,
               std::chrono::milliseconds needs, std::chrono::milliseconds runs,
               int port) {
    exit_note const gone(log, "service-gone");
    co_await sleep_for(needs);
    log("ready");
    started(port);
    co_await sleep_for(runs);
    log("service-done");
}

} // namespace

TETHER_TEST_CASE("TG58 start waits for the signal, gives its value, and the "
                 "child goes on in the group") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        int const port =
            co_await group.start<int>(service, std::ref(log), 1s, 2s, 80);
        CHECK(port == 80);
        CHECK(watch.elapsed() == 1s);
        CHECK(group.size() == 1);
        log("body");
    });
    CHECK(log.text() == "ready body service-done service-gone");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("TG58 a child that is ready and over in one turn is started "
                 "too") {
    int port = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        port =
            co_await group.start<int>([](start_signal<int> started) -> task<> {
                started(7);
                co_return;
            });
        co_await group.start([](start_signal<> started) -> task<> {
            started();
            co_return;
        });
    });
    CHECK(port == 7);
}

TETHER_TEST_CASE("TG59 the second signal is an error") {
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await group.start([&](start_signal<> started) -> task<> {
            started();
            try {
                started();
            } catch (invalid_state const& e) {
                text = e.what();
            }
            co_return;
        });
    });
    CHECK_THAT(text, contains_text("twice"));
}

TETHER_TEST_CASE("TG60 a child that ends without the signal makes start throw "
                 "child_exited_without_started") {
    bool thrown = false;
    bool group_lives = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        try {
            co_await group.start(
                [](start_signal<>) -> task<> { co_await sleep_for(1s); });
        } catch (child_exited_without_started const&) {
            thrown = true;
        }
        co_await sleep_for(1s);
        group_lives = true;
    });
    CHECK(thrown);
    CHECK(group_lives);
}

TETHER_TEST_CASE("TG61 an error before the signal comes out of start unwrapped "
                 "and the group is unharmed") {
    std::string text;
    std::string at_once;
    bool group_lives = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        try {
            co_await group.start([](start_signal<>) -> task<> {
                co_await sleep_for(1s);
                throw std::runtime_error("no port");
            });
        } catch (std::runtime_error const& e) {
            text = e.what();
        }
        try {
            co_await group.start([](start_signal<>) -> task<> {
                throw std::runtime_error("at once");
            });
        } catch (std::runtime_error const& e) {
            at_once = e.what();
        }
        co_await sleep_for(1s);
        group_lives = true;
    });
    CHECK(text == "no port");
    CHECK(at_once == "at once");
    CHECK(group_lives);
}

TETHER_TEST_CASE("TG62 an error after the signal fails the group") {
    bool returned = false;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            co_await group.start([](start_signal<> started) -> task<> {
                started();
                co_await sleep_for(1s);
                throw std::runtime_error("later");
            });
            returned = true;
            co_await sleep_forever();
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(returned);
    CHECK(end == "[later]");
}

TETHER_TEST_CASE("TG63 cancelling the caller before the signal stops and joins "
                 "the child, and the group goes on") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool const in_time = co_await move_on_after(1s, [&]() -> task<> {
            co_await group.start([&](start_signal<>) -> task<> {
                exit_note const gone(log, "child-gone");
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).finally([]() -> task<> { co_await sleep_for(1s); });
            });
        });
        log("deadline");
        CHECK_FALSE(in_time);
        CHECK(watch.elapsed() == 2s);
        co_await sleep_for(1s);
        log("body-done");
    });
    log("after"); // the group itself was not cancelled
    CHECK(log.text() == "child-gone deadline body-done after");
}

TETHER_TEST_CASE("TG64 the signal of a child whose caller is cancelled is a "
                 "no-op") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool const in_time = co_await move_on_after(1s, [&]() -> task<> {
            co_await group.start([&](start_signal<> started) -> task<> {
                exit_note const gone(log, "child-gone");
                co_await shielded(sleep_for(2s));
                started();
                log("signalled");
                co_await sleep_for(1s);
                log("never");
            });
            log("never");
        });
        CHECK_FALSE(in_time);
        CHECK(group.size() == 0);
        // The same child without a further checkpoint.
        bool const again = co_await move_on_after(1s, [&]() -> task<> {
            co_await group.start([&](start_signal<> started) -> task<> {
                co_await shielded(sleep_for(2s));
                started();
            });
            log("never");
        });
        CHECK_FALSE(again);
        log("body-done");
    });
    CHECK(log.text() == "signalled child-gone body-done");
}

TETHER_TEST_CASE("TG65 a pending start keeps the group open") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        outer.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            co_await inner->start<int>(service, std::ref(log), 3s, 1s, 1);
            log("started");
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            inner = &group;
            co_await sleep_for(2s);
        });
        log("inner-over");
    });
    CHECK(log.text() == "ready started service-done service-gone inner-over");
}

TETHER_TEST_CASE("TG66 before the signal the scopes around start govern the "
                 "child, after it those of the group") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        outer.spawn([&]() -> task<> {
            // The group's cancel at 2 s does not reach a starting child.
            co_await inner->start<int>(service, std::ref(log), 4s, 9s, 1);
            log("started");
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            inner = &group;
            co_await sleep_for(2s);
            group.cancel();
            log("cancelled");
        });
        log("inner-over");
    });
    CHECK(log.text() == "cancelled ready service-gone started inner-over");
    event_log second;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool const in_time = co_await move_on_after(2s, [&]() -> task<> {
            co_await group.start<int>(service, std::ref(second), 1s, 3s, 1);
            co_await sleep_forever();
        });
        CHECK_FALSE(in_time);
        second("deadline");
    });
    CHECK(second.text() == "ready deadline service-done service-gone");
}

TETHER_TEST_CASE("TG66 the move takes along the scopes that the child has "
                 "opened") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool const in_time = co_await move_on_after(2s, [&]() -> task<> {
            co_await group.start([&](start_signal<> started) -> task<> {
                co_await with_task_group([&](task_group& own) -> task<> {
                    own.spawn(works, std::ref(log), 9s, "grandchild");
                    co_await sleep_for(1s);
                    started();
                    co_await sleep_for(9s);
                });
            });
            co_await sleep_forever();
        });
        CHECK_FALSE(in_time);
        CHECK(log.text().empty()); // the caller's deadline reached nobody
        co_await sleep_for(1s);
        group.cancel();
    });
    CHECK(log.text() == "grandchild-gone");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("TG67 start on a closed group fails at once") {
    bool refused = false;
    bool ran = false;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        task_handle<void> last;
        outer.spawn([&]() -> task<> {
            co_await last.wait();
            try {
                co_await inner->start([&](start_signal<> started) -> task<> {
                    ran = true;
                    started();
                    co_return;
                });
            } catch (group_closed const&) {
                refused = true;
            }
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            inner = &group;
            last = group.spawn([]() -> task<> { co_await sleep_for(1s); });
            co_return;
        });
    });
    CHECK(refused);
    CHECK_FALSE(ran);
}

TETHER_TEST_CASE("TG68 a starting child is shown under its group, marked as "
                 "starting") {
    std::string before;
    std::string after;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("watcher"), [&]() -> task<> {
            co_await sleep_for(1s);
            before = dump_tree();
            co_await sleep_for(2s);
            after = dump_tree();
        });
        co_await fail_after(5s, [&]() -> task<> {
            co_await group.start(named("server"),
                                 [](start_signal<> started) -> task<> {
                                     co_await move_on_after(2s, []() -> task<> {
                                         co_await sleep_forever();
                                     });
                                     started();
                                     co_await sleep_for(2s);
                                 });
        });
    });
    // Below the group beside the watcher, not below the deadline.
    auto const indent = [](std::string const& tree, std::string const& what) {
        std::size_t const at = tree.find(what);
        REQUIRE(at != std::string::npos);
        std::size_t const line = tree.rfind('\n', at);
        return tree.find_first_not_of(' ', line + 1) - line;
    };
    CHECK_THAT(before, contains_text("starting"));
    CHECK(indent(before, "'server'") == indent(before, "'watcher'"));
    CHECK(before.find("'server'") > before.find("'watcher'"));
    // What the child has opened stands below it.
    CHECK(indent(before, "due in 1 s") > indent(before, "'server'"));
    CHECK(before.find("due in 1 s") > before.find("'server'"));
    CHECK(indent(after, "'server'") == indent(after, "'watcher'"));
    CHECK(after.find("starting") == std::string::npos);
}

TETHER_TEST_CASE("TG70 start can give the handle as well") {
    event_log log;
    int port = 0;
    int result = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto server = co_await group.start<int>(
            with_handle, [](start_signal<int> started) -> task<int> {
                started(8080);
                co_await sleep_for(1s);
                co_return 5;
            });
        port = server.value;
        result = co_await server.handle;
        auto victim =
            co_await group.start(named("victim"), with_handle,
                                 [&](start_signal<> started) -> task<> {
                                     exit_note const gone(log, "gone");
                                     started();
                                     co_await sleep_forever();
                                 });
        CHECK(victim.handle.name() == "victim");
        victim.handle.cancel();
        co_await victim.handle.wait();
        CHECK(victim.handle.status() == task_status::cancelled);
    });
    CHECK(port == 8080);
    CHECK(result == 5);
    CHECK(log.text() == "gone");
}
