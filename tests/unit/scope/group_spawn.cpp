// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of a callable and its arguments when they are spawned?
#include "unit/scope/group_test.hpp"

#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/frame_pool.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <vector>

namespace {

using namespace tether_test;

struct copy_throws {
    copy_throws() = default;
    copy_throws(copy_throws const&) { throw std::runtime_error("copy"); }
};

task<> takes(copy_throws) {
    co_return;
}

bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TETHER_TEST_CASE("TG11 a spawn into a cancelled open group is allowed, "
                 "try_spawn refuses") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        group.spawn([&]() -> task<> {
            log("first-step");
            co_await sleep_for(1s);
            log("never");
        });
        auto refused = group.try_spawn([&]() -> task<> {
            log("never");
            co_return;
        });
        log(refused ? "accepted" : "refused");
        co_return;
    });
    CHECK(log.text() == "refused first-step");
}

TETHER_TEST_CASE("TG11 try_spawn gives a handle while the group is open") {
    int answer = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.try_spawn([]() -> task<int> { co_return 42; });
        if (handle)
            answer = co_await *handle;
    });
    CHECK(answer == 42);
}

TETHER_TEST_CASE("TG12 a child of a cancelled group runs to its first "
                 "checkpoint and is stopped there") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        group.spawn([&]() -> task<> {
            exit_note const note(log, "destroyed");
            log("runs");
            co_await checkpoint_if_cancelled();
            log("never");
        });
        co_return;
    });
    CHECK(log.text() == "runs destroyed");
    CHECK(watch.elapsed() == 0s);
}

TETHER_TEST_CASE("TG14 a child inherits the cancel scopes of the group, not of "
                 "the spawner") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        bool const in_time = co_await move_on_after(1s, [&]() -> task<> {
            group.spawn(works, std::ref(log), 3s, "child");
            co_await sleep_forever();
        });
        CHECK_FALSE(in_time);
        log("deadline");
    });
    CHECK(log.text() == "deadline child-done child-gone");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("TG16 every frame is freed when the group call returns") {
    std::ptrdiff_t const before = detail::frame_pool::live();
    std::ptrdiff_t during = 0;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 10; ++i)
                group.spawn([]() -> task<> { co_await sleep_forever(); });
            co_await sleep_for(1s);
            during = detail::frame_pool::live();
            group.spawn(fails, 1s, "a");
        });
    };
    static_cast<void>(co_await ending_of(scene()));
    CHECK(during >= before + 20);
    CHECK(detail::frame_pool::live() == before);
}

TETHER_TEST_CASE(
    "TG17 locals, arguments and captures of a child go when it ends, not "
    "when its group ends") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto keep = group.spawn(
            [&log, capture = exit_note(log, "capture")](exit_note) -> task<> {
                exit_note const local(log, "local");
                co_await sleep_for(1s);
            },
            exit_note(log, "argument"));
        co_await sleep_for(2s);
        log("body");
        CHECK(keep.done());
    });
    CHECK(log.text() == "local argument capture body");
}

TETHER_TEST_CASE("TG18 a group keeps nothing of finished children whose "
                 "handles were dropped") {
    std::ptrdiff_t most = 0;
    std::ptrdiff_t const before = detail::frame_pool::live();
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 10'000; ++i) {
            group.spawn([]() -> task<> { co_return; });
            co_await checkpoint();
            most = std::max(most, detail::frame_pool::live() - before);
        }
    });
    CHECK(most < 20);
}

TETHER_TEST_CASE("TG19 the names of group and child and the spawn site stand "
                 "in errors and dumps") {
    auto scene = [&]() -> task<> {
        auto body = [&](task_group& group) -> task<> {
            group.spawn(named("reader"), fails, 2s, "broken");
            co_await sleep_for(1s);
            std::string const dump =
                detail::format_tree(*detail::running_loop());
            CHECK(contains(dump, "group 'fetchers'"));
            CHECK(contains(dump, "task 'reader' spawned at "));
            CHECK(contains(dump, "group_spawn.cpp:"));
        };
        co_await with_task_group({.name = "fetchers"}, body);
    };
    exception_group const group = co_await group_of(scene());
    CHECK(contains(std::string(group.message()), "fetchers"));
    auto const member = *group.begin();
    CHECK(member.task_name() == "reader");
    CHECK(member.spawn_site().line() != 0);
    CHECK(contains(member.spawn_site().file_name(), "group_spawn.cpp"));
    CHECK(contains(format_error(std::make_exception_ptr(group)), "reader"));
}

TETHER_TEST_CASE("TG21 children start in the order of their spawns") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 5; ++i)
            group.spawn(
                [&log](int n) -> task<> {
                    log(std::to_string(n));
                    co_return;
                },
                i);
        log("body");
        co_return;
    });
    CHECK(log.text() == "body 0 1 2 3 4");
}

TETHER_TEST_CASE("TG37 an exception of the spawn call itself goes to the "
                 "spawner and leaves the group unchanged") {
    bool thrown = false;
    std::size_t size = 99;
    co_await with_task_group([&](task_group& group) -> task<> {
        copy_throws const bad;
        try {
            group.spawn(takes, bad);
        } catch (std::runtime_error const& e) {
            thrown = std::string(e.what()) == "copy";
        }
        size = group.size();
        co_await sleep_for(1s); // not cancelled
    });
    CHECK(thrown);
    CHECK(size == 0);
}

TETHER_TEST_CASE("CX09 a bad_alloc in spawn leaves the group valid") {
    bool thrown = false;
    bool other_done = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        // Stands for a frame that cannot be had.
        auto no_memory = []() -> task<> { throw std::bad_alloc(); };
        auto make = [&]() -> task<> { return no_memory(); };
        static_cast<void>(make);
        auto function = []() -> task<> {
            struct thrower {
                thrower() { throw std::bad_alloc(); }
            };
            return [](thrower) -> task<> { co_return; }(thrower());
        };
        try {
            group.spawn(function);
        } catch (std::bad_alloc const&) {
            thrown = true;
        }
        CHECK(group.size() == 0);
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            other_done = true;
        });
        co_return;
    });
    CHECK(thrown);
    CHECK(other_done);
}

TETHER_TEST_CASE("CX01 captures and arguments are copied into the child and "
                 "live until it ends") {
    std::vector<std::string> seen;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i) {
            std::string text = "a rather long text, number ";
            auto const number = std::make_shared<int>(i);
            group.spawn(
                [&seen, text, number](std::string tail) -> task<> {
                    co_await sleep_for(1s);
                    seen.push_back(text + std::to_string(*number) + tail);
                },
                std::string("."));
        }
        co_return;
    });
    CHECK(seen.size() == 3);
    CHECK(seen.back() == "a rather long text, number 2.");
}

TETHER_TEST_CASE("CX02 a task can be spawned; one that was not destroys its "
                 "arguments unrun") {
    event_log log;
    auto work = [&](exit_note) -> task<> {
        log("ran");
        co_return;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(work(exit_note(log, "first")));
        {
            task<> unstarted = work(exit_note(log, "second"));
        }
        co_return;
    });
    CHECK(log.text() == "second ran first");
}
