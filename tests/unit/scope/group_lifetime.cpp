// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a group keep its children inside its scope, on every path?
#include "unit/scope/group_test.hpp"

#include <tether/runtime/detail/format_tree.hpp>

#include <optional>
#include <type_traits>

namespace {

using namespace tether_test;

} // namespace

TETHER_TEST_CASE("TG01 code after the group runs after the last destructor of "
                 "every child") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(works, std::ref(log), 5s, "a");
        group.spawn(works, std::ref(log), 2s, "b");
        log("body");
        co_return;
    });
    log("after");
    CHECK(log.text() == "body b-done b-gone a-done a-gone after");
    CHECK(watch.elapsed() == 5s);
}

TETHER_TEST_CASE("TG02 children are joined when the body returns, throws or is "
                 "stopped") {
    event_log log;
    auto throwing = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(works, std::ref(log), 5s, "a");
            co_await sleep_for(1s);
            throw std::runtime_error("body");
        });
    };
    std::string const end = co_await ending_of(throwing());
    CHECK(end == "[body]");
    CHECK(log.text() == "a-gone");
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(works, std::ref(log), 5s, "b");
            exit_note const note(log, "body");
            co_await sleep_forever();
        });
    });
    CHECK_FALSE(finished);
    CHECK(log.text() == "a-gone body b-gone");
}

TETHER_TEST_CASE("TG03 an empty group neither yields nor stops") {
    bool other_ran = false;
    std::optional<bool> seen;
    bool passed = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        for (int i = 0; i != 1000; ++i)
            co_await with_task_group([](task_group&) -> task<> { co_return; });
        seen = other_ran;
        group.cancel();
        co_await with_task_group([](task_group&) -> task<> { co_return; });
        passed = true;
    });
    CHECK(seen == false);
    CHECK(passed);
}

TETHER_TEST_CASE("TG04 leaving a group with all children finished is no "
                 "checkpoint") {
    bool after_group = false;
    bool after_checkpoint = false;
    int value = 0;
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        value = co_await with_task_group([&](task_group& group) -> task<int> {
            group.spawn([&]() -> task<> {
                scope.cancel();
                co_return;
            });
            co_return 7;
        });
        after_group = true;
        co_await checkpoint();
        after_checkpoint = true;
    });
    CHECK(value == 7);
    CHECK(after_group);
    CHECK_FALSE(after_checkpoint);
}

TETHER_TEST_CASE("TG04 a child ended from outside stops the group, which then "
                 "never looks completed") {
    bool looks_completed = false;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        int const value =
            co_await with_task_group([&](task_group& group) -> task<int> {
                group.spawn([]() -> task<> { co_await sleep_for(5s); });
                co_return 7;
            });
        looks_completed = value == 7;
    });
    CHECK_FALSE(finished);
    CHECK_FALSE(looks_completed);
}

TETHER_TEST_CASE("TG04 a child cancelled by its handle and from outside stops "
                 "the group: the outer cancel counts") {
    bool looks_completed = false;
    bool const finished = co_await move_on_after(2s, [&]() -> task<> {
        int const value =
            co_await with_task_group([&](task_group& group) -> task<int> {
                auto child = group.spawn([]() -> task<> {
                    co_await shielded(sleep_for(3s));
                    co_await checkpoint();
                });
                co_await sleep_for(1s);
                child.cancel();
                co_return 7;
            });
        looks_completed = value == 7;
    });
    CHECK_FALSE(finished);
    CHECK_FALSE(looks_completed);
}

TETHER_TEST_CASE("TG05 the body counts as a child, both ways") {
    event_log log;
    stopwatch const watch;
    auto body_fails = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(works, std::ref(log), 5s, "child");
            co_await sleep_for(1s);
            throw std::runtime_error("body");
        });
    };
    auto child_fails = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails, 1s, "child");
            exit_note const note(log, "body-gone");
            co_await sleep_for(5s);
            log("body-done");
        });
    };
    std::string const first = co_await ending_of(body_fails());
    std::string const second = co_await ending_of(child_fails());
    CHECK(first == "[body]");
    CHECK(second == "[child]");
    CHECK(log.text() == "child-gone body-gone");
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("TG06 a failure after the body has ended cancels the rest and "
                 "the join goes on") {
    event_log log;
    stopwatch const watch;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(works, std::ref(log), 9s, "slow");
            group.spawn(fails, 1s, "a");
            group.spawn(fails_when_stopped, "b");
            co_return;
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[a b]");
    CHECK(log.text() == "slow-gone");
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("TG07 an outer cancel does not give up the join") {
    event_log log;
    stopwatch const watch;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                exit_note const gone(log, "child-gone");
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).finally([&]() -> task<> {
                    co_await sleep_for(3s);
                    log("cleaned");
                });
            });
            co_return;
        });
    });
    log("after");
    CHECK_FALSE(finished);
    CHECK(log.text() == "cleaned child-gone after");
    CHECK(watch.elapsed() == 4s);
}

TETHER_TEST_CASE("TG08 a child that does not end delays the join; nothing "
                 "detaches it") {
    stopwatch const watch;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([]() -> task<> {
                co_await shielded(sleep_for(1h), {.grace = 2h});
            });
            co_return;
        });
    });
    CHECK(finished); // the child ended by itself, late
    CHECK(watch.elapsed() == 1h);
}

TETHER_TEST_CASE("TG09 children may spawn into their group, also after the "
                 "body has ended") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            group.spawn(works, std::ref(log), 1s, "late");
            log("spawned");
        });
        log("body-done");
        co_return;
    });
    CHECK(log.text() == "body-done spawned late-done late-gone");
}

TETHER_TEST_CASE("TG10 a closed group refuses a spawn and destroys the "
                 "arguments unrun") {
    event_log log;
    bool ran = false;
    bool refused = false;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        std::optional<task_handle<void>> last;
        outer.spawn([&]() -> task<> {
            co_await last->wait(); // resumed before the inner group's owner
            try {
                inner->spawn(
                    [&](exit_note) -> task<> {
                        ran = true;
                        co_return;
                    },
                    exit_note(log, "arguments-gone"));
            } catch (group_closed const&) {
                refused = true;
                log("refused");
            }
            bool const tried =
                inner->try_spawn([]() -> task<> { co_return; }).has_value();
            CHECK_FALSE(tried);
        });
        co_await with_task_group([&](task_group& group) -> task<> {
            inner = &group;
            last = group.spawn([]() -> task<> { co_await sleep_for(1s); });
            co_return;
        });
        log("inner-over");
    });
    CHECK(refused);
    CHECK_FALSE(ran);
    CHECK(log.text() == "arguments-gone refused inner-over");
}

TEST_CASE("TG13 a group is made by with_task_group alone") {
    STATIC_REQUIRE_FALSE(std::is_default_constructible_v<task_group>);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<task_group>);
    STATIC_REQUIRE_FALSE(std::is_move_constructible_v<task_group>);
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<task_group>);
    STATIC_REQUIRE_FALSE(std::is_move_assignable_v<task_group>);
}
