// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be done with the handle of a child, and when?
#include "unit/scope/group_test.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace tether_test;

task<std::unique_ptr<int>> makes(int n) {
    co_await sleep_for(1s);
    co_return std::make_unique<int>(n);
}

} // namespace

TETHER_TEST_CASE("TG39 result gives the value, the error, cancelled_error or "
                 "invalid_state") {
    std::string early;
    std::string failed;
    std::string cancelled;
    int value = 0;
    co_await with_task_group({.policy = collect_all},
                             [&](task_group& group) -> task<> {
                                 auto good = group.spawn([]() -> task<int> {
                                     co_await sleep_for(1s);
                                     co_return 5;
                                 });
                                 auto victim = group.spawn([]() -> task<int> {
                                     co_await sleep_forever();
                                     co_return 0;
                                 });
                                 try {
                                     static_cast<void>(good.result());
                                 } catch (invalid_state const&) {
                                     early = "invalid_state";
                                 }
                                 co_await sleep_for(2s);
                                 value = good.result();
                                 victim.cancel();
                                 co_await victim.wait();
                                 try {
                                     static_cast<void>(victim.result());
                                 } catch (cancelled_error const& e) {
                                     cancelled = to_string(e.reason().kind);
                                 }
                             });
    task_handle<void> broken;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            broken = group.spawn(fails, 1s, "child");
            co_return;
        });
    };
    static_cast<void>(co_await ending_of(scene()));
    try {
        broken.result();
    } catch (std::runtime_error const& e) {
        failed = e.what();
    }
    CHECK(early == "invalid_state");
    CHECK(value == 5);
    CHECK(cancelled == "explicit_request");
    CHECK(failed == "child");
}

TETHER_TEST_CASE("TG40 a handle outlives its group and may be dropped") {
    std::optional<task_handle<std::string>> kept;
    task_handle<void> reason;
    co_await with_task_group([&](task_group& group) -> task<> {
        kept = group.spawn([]() -> task<std::string> {
            co_await sleep_for(1s);
            co_return std::string(100, 'x');
        });
        {
            auto dropped = group.spawn([]() -> task<std::string> {
                co_await sleep_for(2s);
                co_return std::string(100, 'y');
            });
        }
        reason = group.spawn([]() -> task<> { co_await sleep_forever(); });
        co_await sleep_for(3s);
        group.cancel("enough");
    });
    CHECK(kept->status() == task_status::finished);
    CHECK(kept->result() == std::string(100, 'x'));
    std::string text;
    try {
        reason.result();
    } catch (cancelled_error const& e) {
        text = e.reason().text;
    }
    CHECK(text == "enough");
}

TETHER_TEST_CASE("TG41 the status only moves forward") {
    std::vector<task_status> seen;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto victim = group.spawn([]() -> task<> {
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).finally([]() -> task<> { co_await sleep_for(1s); });
        });
        seen.push_back(victim.status());
        co_await checkpoint();
        seen.push_back(victim.status());
        victim.cancel();
        seen.push_back(victim.status());
        co_await victim.wait();
        seen.push_back(victim.status());
        victim.cancel();
        auto good = group.spawn([]() -> task<> { co_return; });
        co_await good.wait();
        good.cancel(); // too late
        seen.push_back(good.status());
        CHECK(good.done());
    });
    CHECK((seen == std::vector{task_status::pending, task_status::running,
                               task_status::cancelling, task_status::cancelled,
                               task_status::finished}));
}

TETHER_TEST_CASE("TG42 wait returns at the end of the child and never throws "
                 "its error") {
    stopwatch const watch;
    std::vector<std::string> order;
    auto scene = [&]() -> task<> {
        co_await with_task_group(
            {.policy = collect_all}, [&](task_group& group) -> task<> {
                auto bad = group.spawn(fails, 1s, "bad");
                auto good =
                    group.spawn([]() -> task<> { co_await sleep_for(2s); });
                co_await bad.wait();
                CHECK(watch.elapsed() == 1s);
                CHECK(bad.status() == task_status::failed);
                CHECK(text_of(bad.error()) == "bad");
                co_await good.wait();
                CHECK(watch.elapsed() == 2s);
                co_await good.wait(); // again: at once
                order.push_back("body");
            });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[bad]");
    CHECK(order.size() == 1);
}

TETHER_TEST_CASE("TG43 awaiting a handle of another group throws task_failed, "
                 "and the child still fails its own group") {
    std::string waiter;
    std::string owner;
    co_await with_task_group([&](task_group& outer) -> task<> {
        task_handle<void> child;
        outer.spawn([&]() -> task<> {
            try {
                co_await child;
            } catch (task_failed const& e) {
                waiter = text_of(e.cause());
            }
        });
        auto scene = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                child = group.spawn(fails, 1s, "child");
                co_return;
            });
        };
        owner = co_await ending_of(scene());
    });
    CHECK(waiter == "child");
    CHECK(owner == "[child]");
}

TETHER_TEST_CASE("TG42 a wait for a handle that has lost its task before it is "
                 "awaited says so") {
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child = group.spawn([]() -> task<> { co_return; });
        auto waiting = child.wait();
        co_await checkpoint();
        child = task_handle<>(); // and nothing keeps the child any more
        std::string text;
        try {
            co_await waiting;
        } catch (invalid_state const& error) {
            text = error.what();
        }
        CHECK(text == "the task_handle has no task");
        co_await group.spawn([]() -> task<> { co_await checkpoint(); }).wait();
    });
}

TETHER_TEST_CASE("TG44 a cancelled waiter does not cancel the child") {
    stopwatch const watch;
    int value = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto child = group.spawn([]() -> task<int> {
            co_await sleep_for(5s);
            co_return 5;
        });
        bool const in_time = co_await move_on_after(
            1s, [&]() -> task<> { co_await child.wait(); });
        CHECK_FALSE(in_time);
        CHECK(child.status() == task_status::running);
        value = co_await child;
    });
    CHECK(value == 5);
    CHECK(watch.elapsed() == 5s);
}

TETHER_TEST_CASE("TG45 awaiting oneself, each other, or the owner of one's "
                 "group is a checked error") {
    std::string self;
    std::string circle;
    std::string owner;
    auto sentence = [](std::string& out) {
        try {
            throw;
        } catch (std::logic_error const& e) {
            out = e.what();
        }
    };
    task_handle<void> a;
    task_handle<void> b;
    task_handle<void> c;
    co_await with_task_group([&](task_group& group) -> task<> {
        a = group.spawn([&]() -> task<> {
            co_await checkpoint();
            try {
                co_await a;
            } catch (...) {
                sentence(self);
            }
            co_await b;
        });
        b = group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            try {
                co_await a;
            } catch (...) {
                sentence(circle);
            }
        });
        c = group.spawn([&]() -> task<> {
            co_await with_task_group([&](task_group& inner) -> task<> {
                inner.spawn([&]() -> task<> {
                    try {
                        co_await c;
                    } catch (...) {
                        sentence(owner);
                    }
                });
                co_return;
            });
        });
        co_return;
    });
    CHECK_THAT(self, contains_text("its own handle"));
    CHECK_THAT(circle, contains_text("circle"));
    CHECK_THAT(owner, contains_text("owner of its group"));
}

TETHER_TEST_CASE("CX22 a result is moved out of an rvalue handle and referred "
                 "to through an lvalue") {
    std::unique_ptr<int> moved;
    int seen = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn(makes, 4);
        std::unique_ptr<int>& ref = co_await handle;
        seen = *ref;
        moved = co_await std::move(handle);
        auto another = group.spawn(makes, 5);
        co_await another.wait();
        auto taken = std::move(another).result();
        seen = seen * 10 + *taken;
    });
    CHECK(moved);
    CHECK(*moved == 4);
    CHECK(seen == 45);
}

TETHER_TEST_CASE("CX21 a child may return a reference") {
    int variable = 1;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<int&> { co_return variable; });
        int& result = co_await handle;
        result = 7;
    });
    CHECK(variable == 7);
}

TETHER_TEST_CASE("an empty handle says so") {
    task_handle<int> nothing;
    CHECK_FALSE(static_cast<bool>(nothing));
    std::string text;
    try {
        static_cast<void>(nothing.result());
    } catch (invalid_state const& e) {
        text = e.what();
    }
    CHECK_THAT(text, contains_text("no task"));
    co_return;
}
