// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "generator_test.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/stream/as_channel.hpp>

#include <functional>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

using ints = element_receiver<int>;

async_generator<int> noted(event_log& log, int n) {
    for (int i = 0; i < n; ++i) {
        log("make" + std::to_string(i));
        co_yield i;
    }
}
async_generator<int> failing(bool with_group) {
    co_yield 1;
    std::vector<std::exception_ptr> one{
        std::make_exception_ptr(std::runtime_error("inner"))};
    if (with_group)
        throw exception_group("own", std::move(one));
    throw std::runtime_error("generator");
}
async_generator<int> badly_closed(event_log& log) {
    auto& kept = co_await tether::keep(slow_resource(log, "a"));
    kept.fails = true;
    for (;;)
        co_yield 0;
}

std::string names_of(exception_group const& group) {
    std::string all;
    for (auto const& e : group.exceptions()) {
        try {
            std::rethrow_exception(e);
        } catch (std::exception const& one) {
            all += std::string(all.empty() ? "" : " + ") + one.what();
        }
    }
    return all;
}

// How the work ended: "ok", the text of a bare error, or that of a group.
template<class F>
task<std::string> end_of(F work) {
    std::string text = "ok";
    try {
        co_await work();
    } catch (exception_group const& group) {
        text = "group of " + names_of(group);
    } catch (std::exception const& e) {
        text = e.what();
    }
    co_return text;
}

task<> drain(ints all) {
    while (auto item = co_await all.receive())
        CHECK(*item >= 0);
}
task<> leave(ints all) {
    co_await all.receive();
}
task<> fail_early(ints all) {
    co_await all.receive();
    throw std::runtime_error("body");
}

} // namespace

TETHER_TEST_CASE("GE11 as_channel makes an element when it is asked for, or as "
                 "far ahead as its buffer") {
    event_log step;
    co_await as_channel(noted(step, 3), [&](ints all) -> task<> {
        co_await sleep_for(1ms);
        while (auto i = co_await all.receive()) {
            step("got" + std::to_string(*i));
            co_await sleep_for(1ms);
        }
    });
    CHECK(step.text() == "make0 got0 make1 got1 make2 got2");

    event_log ahead;
    co_await as_channel(
        noted(ahead, 9),
        [&](ints all) -> task<> {
            co_await sleep_for(1ms);
            ahead("first");
            co_await all.receive();
            co_await sleep_for(1ms);
        },
        2);
    CHECK(ahead.text() == "make0 make1 first make2");

    // A receive that was stopped wishes for nothing.
    event_log stopped;
    co_await as_channel(kept_numbers(stopped), [&](ints all) -> task<> {
        for (int i = 0; i < 5; ++i)
            co_await move_on_after(100us,
                                   [&]() -> task<> { co_await all.receive(); });
        co_await sleep_for(50ms);
        auto one = co_await all.receive();
        CHECK(*one == 0);
    });
}

TETHER_TEST_CASE("GE12 leaving the body closes the generator in its own task, "
                 "before the next statement") {
    event_log log;
    int const got =
        co_await as_channel(kept_numbers(log), [](ints all) -> task<int> {
            co_await all.receive();
            auto second = co_await all.receive();
            co_return *second;
        });
    log("next statement");
    CHECK(got == 1);
    CHECK(log.text() == "open a locals gone closing a stopped closed a next "
                        "statement");
    event_log never;
    co_await as_channel(kept_numbers(never), [](ints) -> task<> { co_return; });
    CHECK(never.text() == "");
}

TETHER_TEST_CASE("GE13 a single error comes out bare, two of them in a group, "
                 "and a group of the user's as it is") {
    event_log log;
    auto a = co_await end_of([] { return as_channel(failing(false), drain); });
    CHECK(a == "generator");
    auto b = co_await end_of([] { return as_channel(failing(true), drain); });
    CHECK(b == "group of inner");
    auto c = co_await end_of([] { return as_channel(numbers(9), fail_early); });
    CHECK(c == "body");
    auto d = co_await end_of(
        [&] { return as_channel(badly_closed(log), fail_early); });
    CHECK(d == "group of body + close of a");
    auto e =
        co_await end_of([&] { return as_channel(badly_closed(log), leave); });
    CHECK(e == "close of a");
    // One that the body has dealt with is not reported again.
    auto f = co_await end_of([] {
        return as_channel(failing(false), [](ints all) -> task<> {
            try {
                co_await drain(std::move(all));
            } catch (std::runtime_error const&) {
            }
        });
    });
    CHECK(f == "ok");
}

TETHER_TEST_CASE("GE14 a cancel stops both sides, the generator with its "
                 "cleanup, and ends where it belongs") {
    event_log log;
    bool const done = co_await move_on_after(5500us, [&]() -> task<> {
        auto body = [&](ints all) -> task<> {
            exit_note const note(log, "body gone");
            while (co_await all.receive())
                co_await sleep_for(1ms);
        };
        co_await as_channel(kept_numbers(log), body);
        log("not here");
    });
    CHECK_FALSE(done);
    CHECK(log.lines().size() == 5);
    CHECK(log.lines().back() == "closed a");
    co_await checkpoint(); // the cancel has ended there
}

TETHER_TEST_CASE("GE15 several receivers share the elements of one generator") {
    std::vector<int> seen;
    co_await as_channel(slow_numbers(6, 1ms), [&](ints all) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int worker = 0; worker < 3; ++worker)
                group.spawn(
                    [&seen](ints mine) -> task<> {
                        while (auto i = co_await mine.receive()) {
                            seen.push_back(*i);
                            co_await sleep_for(3ms);
                        }
                    },
                    all.clone());
            all.close();
            co_return;
        });
    });
    CHECK(seen == std::vector<int>{0, 1, 2, 3, 4, 5});
}

TETHER_TEST_CASE("GE16 one as_channel inside of another") {
    std::vector<int> seen;
    co_await as_channel(numbers(3), [&](ints outer) -> task<> {
        while (auto i = co_await outer.receive())
            co_await as_channel(numbers(9), [&](ints inner) -> task<> {
                for (int n = 0; n < 2; ++n) {
                    auto j = co_await inner.receive();
                    seen.push_back(*i * 10 + *j);
                }
            });
    });
    CHECK(seen == std::vector<int>{0, 1, 10, 11, 20, 21});
}

TETHER_TEST_CASE("GE15 that a closed receiver was misused is not the error of "
                 "the generator, which is told") {
    event_log log;
    std::string refused;
    auto body = [&](ints all) -> task<> {
        co_await all.receive();
        all.close();
        try {
            co_await all.receive();
        } catch (closed_resource const& error) {
            refused = error.what();
        }
    };
    std::string told;
    try {
        co_await as_channel(badly_closed(log), body);
    } catch (std::runtime_error const& error) {
        told = error.what();
    }
    CHECK(refused == "receive from a stream through an end that is closed");
    CHECK(told == "close of a");
}

TETHER_TEST_CASE("GE13 what breaks in the close of the generator is told, "
                 "although nobody receives any more") {
    auto source = []() -> async_generator<int> {
        co_await tether::keep(lost_session());
        for (int i = 0;; ++i)
            co_yield i;
    };
    auto body = [](ints all) -> task<> { co_await all.receive(); };
    std::string told;
    try {
        co_await as_channel(source(), body, 2);
    } catch (broken_resource const& error) {
        told = error.what();
    }
    CHECK(told == "the session is gone");
}
