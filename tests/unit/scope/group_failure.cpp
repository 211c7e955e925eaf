// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors does a group collect, in which order, and what do they do to
/// the others?
#include "unit/scope/group_test.hpp"

#include <optional>
#include <vector>

namespace {

using namespace tether_test;

} // namespace

TETHER_TEST_CASE("TG22 the first failure cancels the scope with the name of "
                 "the failed child as the reason") {
    cancel_reason why_child;
    cancel_reason why_body;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).on_cancel([&](cancel_reason const& why) -> task<> {
                    why_child = why;
                    co_return;
                });
            });
            group.spawn(named("culprit"), fails, 1s, "boom");
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).on_cancel([&](cancel_reason const& why) -> task<> {
                why_body = why;
                co_return;
            });
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[boom]");
    CHECK(why_child.kind == cancel_kind::sibling_failed);
    CHECK(why_child.task == "culprit");
    CHECK(why_body.kind == cancel_kind::sibling_failed);
    CHECK(why_body.task == "culprit");
}

TETHER_TEST_CASE("TG23 the errors of child, sibling in its cleanup and body "
                 "are all collected") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails_when_stopped, "cleanup");
            group.spawn(fails, 1s, "child");
            co_await fails_when_stopped("body");
        });
    };
    exception_group const group = co_await group_of(scene());
    CHECK(group.size() == 3);
    std::string const text = text_of(std::make_exception_ptr(group));
    CHECK_THAT(text, contains_text("child"));
    CHECK_THAT(text, contains_text("cleanup"));
    CHECK_THAT(text, contains_text("body"));
    CHECK(group.trigger().has_value());
    CHECK(text_of(group.trigger()->error()) == "child");
}

TETHER_TEST_CASE("TG24 leaves stand in completion order, the body's error at "
                 "its own place") {
    auto scene = [&]() -> task<> {
        auto body = [&](task_group& group) -> task<> {
            group.spawn(fails, 3s, "third");
            group.spawn(fails, 1s, "first");
            group.spawn(fails, 4s, "fourth");
            co_await sleep_for(2s);
            throw std::runtime_error("second");
        };
        // The body's failure would stop the rest: they refuse.
        static_cast<void>(body);
        co_await with_task_group({.policy = collect_all},
                                 [&](task_group& group) -> task<> {
                                     group.spawn(fails, 3s, "third");
                                     group.spawn(fails, 1s, "first");
                                     group.spawn(fails, 2s, "second");
                                     co_await sleep_for(4s);
                                     throw std::runtime_error("fourth");
                                 });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[first second third fourth]");
}

TETHER_TEST_CASE("TG24 a body that fails before a child's cleanup stands "
                 "before it") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails_when_stopped, "child");
            co_await sleep_for(1s);
            throw std::runtime_error("body");
        });
    };
    exception_group const group = co_await group_of(scene());
    CHECK(text_of(std::make_exception_ptr(group)) == "[body child]");
    CHECK(group.begin()->task_name().empty());
}

TETHER_TEST_CASE("TG25 children stopped by the group's own scope are no "
                 "errors") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 5; ++i)
                group.spawn([]() -> task<> { co_await sleep_forever(); });
            group.spawn(fails, 1s, "only");
            co_return;
        });
    };
    std::string const end = co_await ending_of(scene());
    CHECK(end == "[only]");
}

TETHER_TEST_CASE("TG26 a group with stops alone passes the stop on without an "
                 "exception") {
    bool caught = false;
    bool after = false;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        try {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([]() -> task<> { co_await sleep_forever(); });
                co_await sleep_forever();
            });
        } catch (...) {
            caught = true;
        }
        after = true;
    });
    CHECK_FALSE(finished);
    CHECK_FALSE(caught);
    CHECK_FALSE(after);
}

TETHER_TEST_CASE("TG26 a group of which only the body was stopped passes the "
                 "stop on") {
    bool after = false;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        co_await with_task_group(
            [&](task_group&) -> task<> { co_await sleep_forever(); });
        after = true;
    });
    CHECK_FALSE(finished);
    CHECK_FALSE(after);
}

TETHER_TEST_CASE("TG27 with an outer cancel and a child's error the error is "
                 "thrown now and the cancel comes at the next checkpoint") {
    std::string end;
    bool after_group = false;
    bool after_checkpoint = false;
    bool const finished = co_await move_on_after(1s, [&]() -> task<> {
        auto scene = [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(fails_when_stopped, "child");
                co_await sleep_forever();
            });
        };
        end = co_await ending_of(scene());
        after_group = true;
        co_await checkpoint_if_cancelled();
        after_checkpoint = true;
    });
    CHECK(end == "[child]");
    CHECK(after_group);
    CHECK_FALSE(after_checkpoint);
    CHECK_FALSE(finished);
}

TETHER_TEST_CASE("TG28 one failing child gives a group of one") {
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails, 0s, "alone");
            co_return;
        });
    };
    exception_group const group = co_await group_of(scene());
    CHECK(group.size() == 1);
    CHECK(group.begin()->as<std::runtime_error>() != nullptr);
}

TETHER_TEST_CASE("TG29 nested groups give nested exception groups") {
    auto inner = [&](std::string text) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fails, 0s, text);
            co_return;
        });
    };
    auto scene = [&]() -> task<> {
        co_await with_task_group({.policy = collect_all},
                                 [&](task_group& group) -> task<> {
                                     group.spawn(inner, "a");
                                     group.spawn(inner, "b");
                                     group.spawn(fails, 0s, "c");
                                     co_return;
                                 });
    };
    exception_group const group = co_await group_of(scene());
    CHECK(text_of(std::make_exception_ptr(group)) == "[c [a] [b]]");
    CHECK(group.count<std::runtime_error>() == 3);
}

TETHER_TEST_CASE("TG30 when outer and inner group fail in one tick the outer "
                 "body is stopped and both errors appear") {
    bool continued = false;
    auto scene = [&]() -> task<> {
        co_await with_task_group([&](task_group& outer) -> task<> {
            outer.spawn(fails, 1s, "outer");
            auto inner = [&]() -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn(fails, 1s, "inner");
                    co_await sleep_forever();
                });
            };
            std::exception_ptr error;
            try {
                co_await inner();
            } catch (...) {
                error = std::current_exception();
            }
            try {
                std::rethrow_exception(error);
            } catch (exception_group const&) {
            }
            co_await checkpoint_if_cancelled();
            continued = true;
        });
    };
    auto plain = [&]() -> task<> {
        co_await with_task_group([&](task_group& outer) -> task<> {
            outer.spawn(fails, 1s, "outer");
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(fails, 1s, "inner");
                co_await sleep_forever();
            });
            continued = true;
        });
    };
    std::string const first = co_await ending_of(scene());
    CHECK(first == "[outer]");
    CHECK_FALSE(continued);
    std::string const second = co_await ending_of(plain());
    CHECK(second == "[outer [inner]]");
    CHECK_FALSE(continued);
}
