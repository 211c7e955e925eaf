// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which binding of a task_local does who see, and for how long? And does each
/// loop have its own runtime_local?
#include "unit/scope/group_test.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/scope/task_local.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/next.hpp>
#include <tether/task/dump_tree.hpp>
#include <tether/task/run.hpp>
#include <tether/task/runtime_local.hpp>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace tether_test;

task_local<std::string> const who("nobody", "who");
task_local<std::unique_ptr<int>> const number;

// "<name>=<what it sees>", after a while.
task<> sees(event_log& log, std::string name) {
    co_await sleep_for(1s);
    log(name + "=" + who.get());
}

struct seen_in_destructor {
    event_log* log;
    explicit seen_in_destructor(event_log& l) : log(&l) {}
    seen_in_destructor(seen_in_destructor const&) = delete;
    seen_in_destructor& operator=(seen_in_destructor const&) = delete;
    ~seen_in_destructor() { (*log)("destroyed=" + who.get()); }
};

async_generator<std::string> twice() {
    co_yield who.get();
    co_yield who.get();
}

struct counter {
    int value = 0;
    std::shared_ptr<int> alive;
};
runtime_local<counter> const per_loop;
runtime_local<int> const made_by([] { return 5; });

} // namespace

TETHER_TEST_CASE("RU31 children inherit what is bound around their group, and "
                 "siblings do not see each other's") {
    event_log log;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await with_task_local(who, "bob", [&]() -> task<> {
                    co_await sees(log, "first");
                });
                co_await sees(log, "again");
            });
            group.spawn(sees, std::ref(log), "second");
            co_await with_task_local(who, "eve", [&]() -> task<> {
                group.spawn(sees, std::ref(log), "third"); // outlives eve
                co_return;
            });
        });
    });
    log("outside=" + who.get());
    CHECK(log.text() == "first=bob second=ann third=ann again=ann "
                        "outside=nobody");
}

TETHER_TEST_CASE("RU31 legs see the binding around them, and so does what is "
                 "left by an error or a stop") {
    event_log log;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        co_await when_all(sees(log, "a"), sees(log, "b"));
        bool const done = co_await move_on_after(1s, [&]() -> task<> {
            co_await with_task_local(who, "bob", [&]() -> task<> {
                seen_in_destructor const last(log);
                co_await sleep_forever();
            });
        });
        CHECK(!done);
        log("stopped=" + who.get());
        try {
            co_await with_task_local(
                who, "bob", [&]() -> task<> { co_await fails(1s, "broken"); });
        } catch (std::runtime_error const& e) {
            log(e.what() + ("=" + who.get()));
        }
    });
    CHECK(log.text() == "a=ann b=ann destroyed=bob stopped=ann broken=ann");
}

TETHER_TEST_CASE("RU31 a generator sees the binding of whoever asks it") {
    auto gen = twice();
    std::string seen;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        auto const first = co_await next(gen);
        seen = *first;
    });
    auto const second = co_await next(gen);
    CHECK(seen == "ann");
    CHECK(*second == "nobody");
    co_await gen.close();
}

TETHER_TEST_CASE("RU31 a local without default is an error where it is not "
                 "bound; values move in and need no copy") {
    CHECK(number.find() == nullptr);
    CHECK_THROWS_AS(number.get(), std::logic_error);
    auto value = std::make_unique<int>(4);
    int const got = co_await with_task_local(
        number, std::move(value),
        [&](std::unique_ptr<int> const& bound) -> task<int> {
            CHECK(&bound == &number.get());
            CHECK_THAT(dump_tree(), contains_text("binding"));
            co_return *number.get() + 1;
        });
    CHECK(got == 5);
    CHECK(number.find() == nullptr);
}

TETHER_TEST_CASE("TG20 a child can be given a binding at its spawn") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn(
            who.bound("ann"), named("n"),
            [](std::string hello) -> task<std::string> {
                co_await checkpoint();
                co_return hello + " " + who.get();
            },
            std::string("hello"));
        group.spawn(eager, who.bound("bob"), number.bound(new int(3)),
                    [&]() -> task<> {
                        log(who.get() + std::to_string(*number.get()));
                        co_return;
                    });
        int const got = co_await group.start<int>(
            who.bound("eve"), [&](start_signal<int> started) -> task<> {
                started(static_cast<int>(who.get().size()));
                co_await sleep_for(1s);
                log(who.get());
            });
        CHECK(got == 3);
        std::string const text = co_await handle;
        CHECK(text == "hello ann");
        CHECK(who.get() == "nobody");
    });
    CHECK(log.text() == "bob3 eve");
}

TETHER_TEST_CASE("RU31 all tasks of a loop share a runtime_local") {
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([]() -> task<> {
            per_loop.get().value += 2;
            co_return;
        });
        CHECK(per_loop.find() == nullptr);
        co_await checkpoint();
        CHECK(per_loop.get().value == 2);
        CHECK(made_by.get() == 5);
        made_by.get() = 6;
        CHECK(made_by.get() == 6);
    });
}

TEST_CASE("RU31 each run has its own runtime_local, which dies with it") {
    auto const alive = std::make_shared<int>(0);
    auto const once = [&]() -> task<int> {
        per_loop.get().alive = alive;
        per_loop.get().value += 1;
        co_await checkpoint();
        co_return per_loop.get().value;
    };
    CHECK(run(once) == 1);
    CHECK(run(once) == 1);
    CHECK(alive.use_count() == 1);
    int there = 0;
    auto const here = [&]() -> task<> {
        int const mine = co_await once();
        std::thread([&] { there = run(once); }).join();
        CHECK(mine == 1);
        CHECK(per_loop.get().value == 1);
    };
    run(here);
    CHECK(there == 1);
    CHECK(alive.use_count() == 1);
    CHECK_THROWS_AS(per_loop.get(), std::logic_error);
}
