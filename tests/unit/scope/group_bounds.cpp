// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many children may live, when does a group cancel itself, and what does
/// an eager child do?
#include "unit/scope/group_test.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace {

using namespace tether_test;

struct throws_when_moved {
    explicit throws_when_moved(int* moves) : left(moves) {}
    throws_when_moved(throws_when_moved const&) = default;
    throws_when_moved(throws_when_moved&& other) : left(other.left) {
        if (--*left == 0)
            throw std::runtime_error("move");
    }
    int* left;
};

} // namespace

TETHER_TEST_CASE("TG71 max_children bounds the live children; waiters are "
                 "served in order") {
    event_log log;
    std::size_t most = 0;
    stopwatch const watch;
    co_await with_task_group(
        {.max_children = 2}, [&](task_group& group) -> task<> {
            for (int i = 0; i != 6; ++i) {
                co_await group.spawn_when_ready(
                    [&](int n) -> task<> {
                        log(std::to_string(n));
                        most = std::max(most, group.size());
                        co_await sleep_for(1s);
                    },
                    i);
            }
        });
    CHECK(most == 2);
    CHECK(log.text() == "0 1 2 3 4 5");
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("TG71 a full group refuses spawn and try_spawn") {
    std::string text;
    bool tried = true;
    co_await with_task_group(
        {.name = "small", .max_children = 1}, [&](task_group& group) -> task<> {
            group.spawn([]() -> task<> { co_await sleep_for(1s); });
            try {
                group.spawn([]() -> task<> { co_return; });
            } catch (std::logic_error const& e) {
                text = e.what();
            }
            tried = group.try_spawn([]() -> task<> { co_return; }).has_value();
            co_return;
        });
    CHECK(text == "task group 'small' has its 1 children already: co_await "
                  "spawn_when_ready(), or use try_spawn()");
    CHECK_FALSE(tried);
}

TETHER_TEST_CASE("TG71 a cancelled waiter spawns nothing and the place goes to "
                 "the next") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        auto body = [&](task_group& group) -> task<> {
            group.spawn([]() -> task<> { co_await sleep_for(3s); });
            auto first = outer.spawn([&]() -> task<> {
                co_await group.spawn_when_ready([&]() -> task<> {
                    log("first");
                    co_return;
                });
            });
            outer.spawn([&]() -> task<> {
                co_await group.spawn_when_ready([&]() -> task<> {
                    log("second");
                    co_return;
                });
            });
            co_await sleep_for(1s);
            first.cancel();
            co_await sleep_for(1s);
        };
        co_await with_task_group({.max_children = 1}, body);
    });
    CHECK(log.text() == "second");
}

TETHER_TEST_CASE("TG71 a granted place keeps the group open until it is used") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        auto body = [&](task_group& group) -> task<> {
            group.spawn([]() -> task<> { co_await sleep_for(2s); });
            for (int i = 0; i != 3; ++i)
                outer.spawn(
                    [&](int n) -> task<> {
                        co_await group.spawn_when_ready(
                            [&log](int m) -> task<> {
                                log(std::to_string(m));
                                co_return;
                            },
                            n);
                    },
                    i);
            co_await sleep_for(1s); // the body ends before there is room
        };
        co_await with_task_group({.max_children = 1}, body);
        log("inner-over");
    });
    CHECK(log.text() == "0 1 2 inner-over");
}

TETHER_TEST_CASE("TG71 a place is passed on when the spawn itself fails") {
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        auto body = [&](task_group& group) -> task<> {
            group.spawn([]() -> task<> { co_await sleep_for(2s); });
            outer.spawn([&]() -> task<> {
                int moves = 1'000'000;
                auto function = [](throws_when_moved) -> task<> { co_return; };
                throws_when_moved const argument(&moves);
                auto wait = group.spawn_when_ready(function, argument);
                moves = 2; // the second move is inside the spawn
                try {
                    co_await std::move(wait);
                } catch (std::runtime_error const& e) {
                    log(e.what());
                }
            });
            outer.spawn([&]() -> task<> {
                co_await group.spawn_when_ready([&]() -> task<> {
                    log("next");
                    co_return;
                });
            });
            co_await sleep_for(1s);
        };
        co_await with_task_group({.max_children = 1}, body);
    });
    CHECK(log.text() == "move next");
}

TETHER_TEST_CASE("TG71 cancelling a group whose body waits for room ends it") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group(
        {.max_children = 1}, [&](task_group& group) -> task<> {
            exit_note const gone(log, "body-gone");
            group.spawn([&]() -> task<> {
                co_await sleep_for(1s);
                group.cancel();
                co_await sleep_forever();
            });
            co_await group.spawn_when_ready([&]() -> task<> {
                log("never");
                co_return;
            });
        });
    CHECK(log.text() == "body-gone");
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("TG72 the options of a group cannot be changed once it is "
                 "open; a bound of 0 is refused") {
    task_group_options options;
    options.max_children = 1;
    bool refused = false;
    auto body = [&](task_group& group) -> task<> {
        options.max_children = 10;
        group.spawn([]() -> task<> { co_return; });
        try {
            group.spawn([]() -> task<> { co_return; });
        } catch (std::logic_error const&) {
            refused = true;
        }
        co_return;
    };
    co_await with_task_group(options, body);
    CHECK(refused);
    bool invalid = false;
    try {
        co_await with_task_group({.max_children = 0},
                                 [](task_group&) -> task<> { co_return; });
    } catch (std::invalid_argument const&) {
        invalid = true;
    }
    CHECK(invalid);
}

TETHER_TEST_CASE("TG75 cancel is idempotent, works from a child, before the "
                 "first spawn and after all ended") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        group.cancel();
        group.spawn(works, std::ref(log), 1s, "a");
        co_return;
    });
    CHECK(log.text() == "a-gone");
    int value = 0;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_group* inner = nullptr;
        task_handle<void> last;
        outer.spawn([&]() -> task<> {
            co_await last.wait();
            inner->cancel(); // closed, its owner not yet resumed
        });
        value = co_await with_task_group([&](task_group& group) -> task<int> {
            inner = &group;
            last = group.spawn([]() -> task<> { co_await sleep_for(1s); });
            co_return 3;
        });
        co_await checkpoint();
    });
    CHECK(value == 3);
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            group.cancel();
            group.cancel();
            co_await sleep_forever();
        });
        group.spawn([]() -> task<> { co_await sleep_forever(); });
        co_await sleep_forever();
    });
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("TG76 a group cancelled by itself returns normally, or says "
                 "that it has no value") {
    bool returned = false;
    bool thrown = false;
    std::string reason;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            group.cancel("enough");
            co_return;
        });
        co_await sleep_forever();
    });
    returned = true;
    try {
        static_cast<void>(
            co_await with_task_group([&](task_group& group) -> task<int> {
                group.cancel("enough");
                co_await sleep_forever();
                co_return 1;
            }));
    } catch (cancelled_error const& e) {
        thrown = true;
        reason = e.reason().text;
    }
    std::optional<int> const none = co_await with_cancellable_task_group(
        [](task_group& group) -> task<int> {
            group.cancel();
            co_await sleep_forever();
            co_return 1;
        });
    std::optional<int> const some = co_await with_cancellable_task_group(
        [](task_group& group) -> task<int> {
            group.cancel();
            co_return 1;
        });
    CHECK(returned);
    CHECK(thrown);
    CHECK(reason == "enough");
    CHECK_FALSE(none.has_value());
    CHECK(some == 1);
}

TETHER_TEST_CASE("TG79 an eager child that finishes at once never touches the "
                 "scheduler") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            log("queued");
            co_return;
        });
        auto done = group.spawn(eager, [&]() -> task<int> {
            log("eager");
            co_return 6;
        });
        CHECK(done.done());
        CHECK(done.result() == 6);
        log("body");
        co_return;
    });
    CHECK(log.text() == "eager body queued");
}

TETHER_TEST_CASE("TG80 an eager child that throws in its first step fails the "
                 "group, not the spawn") {
    bool returned = false;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(eager, fails, 0s, "first step");
            returned = true;
            co_await sleep_forever();
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(returned);
    CHECK(end == "[first step]");
}

TETHER_TEST_CASE("TG81 an eager child may cancel its own group inside spawn") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn(works, std::ref(log), 9s, std::to_string(i));
        co_await checkpoint();
        group.spawn(eager, [&]() -> task<> {
            group.cancel();
            group.spawn(eager, works, std::ref(log), 9s, "pre");
            co_await sleep_for(9s);
        });
        log("body");
        co_await sleep_for(9s);
    });
    CHECK(log.text() == "pre-gone body 0-gone 1-gone 2-gone");
}

TETHER_TEST_CASE("TG82 an eager child leaves the spawner its task and scope") {
    std::string before;
    std::string inside;
    std::string after;
    bool cancelled_inside = false;
    bool cancelled_after = true;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("spawner"), [&]() -> task<> {
            before = this_task::name();
            group.spawn(eager, named("child"), [&]() -> task<> {
                inside = this_task::name();
                co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                    scope.cancel();
                    cancelled_inside = this_task::cancel_requested();
                    co_await sleep_forever();
                });
                co_await sleep_for(1s);
            });
            after = this_task::name();
            cancelled_after = this_task::cancel_requested();
            co_return;
        });
        co_return;
    });
    CHECK(before == "spawner");
    CHECK(inside == "child");
    CHECK(after == "spawner");
    CHECK(cancelled_inside);
    CHECK_FALSE(cancelled_after);
}

namespace {

task<> nest(int depth, int& deepest, int& most_nested, int& nested) {
    ++nested;
    most_nested = std::max(most_nested, nested);
    deepest = std::max(deepest, depth);
    if (depth < 5'000)
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(eager, nest, depth + 1, std::ref(deepest),
                        std::ref(most_nested), std::ref(nested));
            --nested;
            co_return;
        });
    else
        --nested;
}

} // namespace

TETHER_TEST_CASE("TG83 deep recursion of eager children is bounded") {
    int deepest = 0;
    int most = 0;
    int nested = 0;
    co_await nest(0, deepest, most, nested);
    CHECK(deepest == 5'000);
    CHECK(most < 100);
    CHECK(most > 10);
}

TETHER_TEST_CASE("TG84 wait_idle waits for the last child and leaves the group "
                 "open") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        co_await group.wait_idle(); // nobody there
        CHECK(watch.elapsed() == 0s);
        group.spawn(works, std::ref(log), 1s, "a");
        group.spawn(works, std::ref(log), 2s, "b");
        co_await group.wait_idle();
        CHECK(watch.elapsed() == 2s);
        CHECK(group.size() == 0);
        log("stage-two");
        group.spawn(works, std::ref(log), 1s, "c");
        bool const idle = co_await move_on_after(
            500ms, [&]() -> task<> { co_await group.wait_idle(); });
        CHECK_FALSE(idle);
    });
    CHECK(log.text() == "a-done a-gone b-done b-gone stage-two c-done c-gone");
}

TETHER_TEST_CASE("TG84 a child that waits for its own group is told so") {
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                co_await group.wait_idle();
            } catch (std::logic_error const& e) {
                text = e.what();
            }
        });
        co_await group.wait_idle(); // the body may
    });
    CHECK_THAT(text, contains_text("its own group"));
}

TETHER_TEST_CASE("TG87 a deadline that expires when value and children are "
                 "there does not take the value away") {
    int value = 0;
    std::string end;
    auto scene = [&]() -> task<> {
        co_await fail_after(2s, [&]() -> task<> {
            value =
                co_await with_task_group([&](task_group& group) -> task<int> {
                    group.spawn([]() -> task<> { co_await sleep_for(2s); });
                    co_await sleep_for(1s);
                    co_return 9;
                });
        });
    };
    // The child's timer was armed after the deadline of the same instant: the
    // deadline fires first and ends the child.
    end = co_await ending_of(scene());
    CHECK(end == "timeout");
    CHECK(value == 0);
    auto done = [&]() -> task<> {
        co_await with_task_group([&](task_group& other) -> task<> {
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                task_handle<void> last;
                other.spawn([&]() -> task<> {
                    co_await last.wait();
                    scope.cancel(); // all has ended, the owner has not resumed
                });
                value = co_await with_task_group(
                    [&](task_group& group) -> task<int> {
                        last = group.spawn(
                            []() -> task<> { co_await sleep_for(2s); });
                        co_await checkpoint();
                        co_return 9;
                    });
            });
        });
    };
    end = co_await ending_of(done());
    CHECK(end == "ok");
    CHECK(value == 9);
}
