// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When do the services of a group end, and what does its main child end?
#include "unit/scope/group_test.hpp"

#include <tether/task/dump_tree.hpp>

#include <functional>
#include <optional>
#include <string>

namespace {

using namespace tether_test;

// Runs until it is stopped, and then needs `cleanup` to end.
task<> serves(event_log& log, std::string name,
              std::chrono::milliseconds cleanup) {
    auto stop = [&]() -> task<> {
        log(name + "-stops");
        co_await sleep_for(cleanup);
        log(name + "-gone");
    };
    co_await async_try([]() -> task<> {
        co_await sleep_forever();
    }).on_cancel(stop);
}

// Its cleanup uses what a service offers.
task<> uses(event_log& log, std::string name) {
    auto stop = [&]() -> task<> {
        log(name + "-stops");
        co_await sleep_for(1s);
        log(name + "-gone");
    };
    co_await async_try([]() -> task<> {
        co_await sleep_forever();
    }).on_cancel(stop);
}

// Keeps the reason for which it is destroyed.
struct reason_note {
    std::string* text;
    explicit reason_note(std::string& t) : text(&t) {}
    reason_note(reason_note const&) = delete;
    reason_note& operator=(reason_note const&) = delete;
    ~reason_note() { *text = to_string(this_task::cancel_reason().kind); }
};

task<> signals(start_signal<int> started, event_log& log, int value) {
    co_await sleep_for(1s);
    started(value);
    co_await serves(log, "started", 1s);
}

} // namespace

TETHER_TEST_CASE("TG77 services are stopped when the body and all normal "
                 "children have ended") {
    event_log log;
    stopwatch const watch;
    int value = 0;
    auto body = [&](task_group& group) -> task<int> {
        group.spawn(as_service, serves, std::ref(log), "service", 1s);
        group.spawn(works, std::ref(log), 3s, "child");
        co_await sleep_for(1s);
        log("body");
        co_return 7;
    };
    value = co_await with_task_group(body);
    CHECK(value == 7);
    CHECK(log.text() == "body child-done child-gone service-stops "
                        "service-gone");
    CHECK(watch.elapsed() == 4s);
}

TETHER_TEST_CASE("TG77 a group of services alone ends with its body, whose "
                 "value counts") {
    std::optional<int> got;
    std::string why;
    auto body = [&](task_group& group) -> task<int> {
        group.spawn(eager, as_service, [&]() -> task<> {
            reason_note const note(why);
            co_await sleep_forever();
        });
        co_return 3;
    };
    got = co_await with_cancellable_task_group(body);
    CHECK(got == 3);
    CHECK(why == "group_exit");
}

TETHER_TEST_CASE("TG77 a service counts neither as a child alive nor against "
                 "max_children, and may wait for the group to be idle") {
    event_log log;
    task_group_options options;
    options.max_children = 1;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(works, std::ref(log), 2s, "child");
        group.spawn(as_service, [&]() -> task<> {
            co_await group.wait_idle();
            log("idle");
            co_await sleep_forever();
        });
        bool const more =
            group.try_spawn(as_service, serves, std::ref(log), "b", 0s)
                .has_value();
        CHECK(more);
        CHECK(group.size() == 1);
        co_await group.wait_idle();
        log("body");
    });
    CHECK(log.text() == "child-done child-gone body idle b-stops b-gone");
}

TETHER_TEST_CASE("TG77 a service that was begun with start lasts as long as "
                 "the others") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        int const got =
            co_await group.start<int>(as_service, signals, std::ref(log), 5);
        CHECK(got == 5);
        CHECK(group.size() == 0);
        auto const late = co_await move_on_after(
            500ms, group.start<int>(as_service, signals, std::ref(log), 6));
        CHECK(!late);
        group.spawn(works, std::ref(log), 1s, "child");
    });
    CHECK(log.text() == "child-done child-gone started-stops started-gone");
    CHECK(watch.elapsed() == 3500ms);
}

TETHER_TEST_CASE("TG77 a service that fails is a child that fails, and one "
                 "that ends early is missed by nobody") {
    event_log log;
    auto group = with_task_group([&](task_group& g) -> task<> {
        g.spawn(as_service, works, std::ref(log), 1s, "early");
        g.spawn(as_service, fails, 2s, "broken");
        g.spawn(works, std::ref(log), 9s, "child");
        co_return;
    });
    std::string text;
    try {
        co_await std::move(group);
    } catch (exception_group const& e) {
        text = text_of(std::make_exception_ptr(e));
    }
    CHECK(text == "[broken]");
    CHECK(log.text() == "early-done early-gone child-gone");
}

TETHER_TEST_CASE("TG78 services are stopped in reverse start order") {
    event_log log;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(as_service, serves, std::ref(log), "a", 1s);
        group.spawn(as_service, serves, std::ref(log), "b", 2s);
        group.spawn(as_service, serves, std::ref(log), "c", 3s);
        co_await sleep_for(1s);
    });
    CHECK(log.text() == "c-stops b-stops a-stops a-gone b-gone c-gone");
    CHECK(watch.elapsed() == 4s);
}

TETHER_TEST_CASE("TG78 with ordered_shutdown each service has ended before "
                 "the next is stopped") {
    event_log log;
    task_group_options options;
    options.ordered_shutdown = true;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(as_service, serves, std::ref(log), "a", 1s);
        group.spawn(as_service, works, std::ref(log), 500ms, "early");
        auto b = group.spawn(as_service, serves, std::ref(log), "b", 2s);
        group.spawn(as_service, serves, std::ref(log), "c", 3s);
        co_await sleep_for(1s);
    });
    CHECK(log.text() == "early-done early-gone c-stops c-gone b-stops b-gone "
                        "a-stops a-gone");
}

TETHER_TEST_CASE("TG78 what a service starts while it is stopped is stopped "
                 "too") {
    event_log log;
    task_group_options options;
    options.ordered_shutdown = true;
    co_await with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(as_service, serves, std::ref(log), "a", 1s);
        group.spawn(as_service, [&]() -> task<> {
            auto last = [&]() -> task<> {
                group.spawn(as_service, serves, std::ref(log), "late", 1s);
                group.spawn(works, std::ref(log), 9s, "child");
                co_return;
            };
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).on_cancel(last);
        });
        co_await sleep_for(1s);
    });
    CHECK(log.text() == "late-stops child-gone late-gone a-stops a-gone");
}

TETHER_TEST_CASE("TG85 a group is cancelled when its main child ends") {
    event_log log;
    auto ended = co_await with_cancellable_task_group(
        [&](task_group& group) -> task<int> {
            group.spawn(as_service, serves, std::ref(log), "service", 0s);
            group.spawn(works, std::ref(log), 9s, "child");
            group.spawn(named("m"), as_main, works, std::ref(log), 1s, "main");
            co_await sleep_forever();
            co_return 1;
        });
    CHECK(!ended);
    CHECK(log.text() == "main-done main-gone child-gone service-stops "
                        "service-gone");

    // also by an error, which the others do not hear of otherwise
    task_group_options options;
    options.policy = collect_all;
    auto failing = with_task_group(options, [&](task_group& group) -> task<> {
        group.spawn(as_main, fails, 1s, "main");
        co_await sleep_forever();
    });
    std::string text;
    try {
        co_await std::move(failing);
    } catch (exception_group const& e) {
        text = text_of(std::make_exception_ptr(e));
    }
    CHECK(text == "[main]");
}

TETHER_TEST_CASE("TG86 services outlive the cleanup of the body and of the "
                 "children when the group is cancelled") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(as_service, serves, std::ref(log), "service", 1s);
        group.spawn(uses, std::ref(log), "child");
        co_await sleep_for(1s);
        group.cancel();
        CHECK_THAT(dump_tree(), contains_text("service"));
        co_await uses(log, "body");
    });
    CHECK(log.text() == "body-stops child-stops body-gone child-gone "
                        "service-stops service-gone");
}

TETHER_TEST_CASE("TG86 also from outside, when the group passes the stop on "
                 "after its services, and softly") {
    event_log log;
    auto const done = co_await move_on_after(1s, [&]() -> task<int> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(as_service, serves, std::ref(log), "service", 1s);
            co_await uses(log, "body");
        });
        log("unreachable");
        co_return 1;
    });
    CHECK(!done);
    CHECK(log.text() == "body-stops body-gone service-stops service-gone");

    bool asked = true;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(as_service, [&]() -> task<> {
            co_await sleep_for(2s);
            asked = this_task::cancel_requested();
        });
        co_await sleep_for(1s);
        group.scope().cancel_soft(1h);
        co_await sleep_for(2s);
    });
    CHECK(!asked);
}
