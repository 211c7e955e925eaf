// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Simultaneous use of what cannot be shared.
#include "support/death.hpp"
#include "support/test_case.hpp"

#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/resource_guard.hpp>

using namespace tether;
using namespace tether_test;

TETHER_TEST_CASE("RE21 a second simultaneous user gets busy_resource, and the "
                 "first one is not harmed") {
    resource_guard reading("a read of the socket");
    bool first_done = false;
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("first"), [&]() -> task<> {
            auto const use = reading.use();
            co_await sleep_for(2s);
            first_done = true;
        });
        group.spawn(named("second"), [&]() -> task<> {
            co_await sleep_for(1s);
            try {
                auto const use = reading.use();
            } catch (busy_resource const& e) {
                text = e.what();
            }
            CHECK(reading.busy());
        });
        co_return;
    });
    CHECK(first_done);
    CHECK_FALSE(reading.busy());
    CHECK_THAT(text, contains_text("a read of the socket is in use by task "
                                   "'first' since "));
    CHECK_THAT(text, contains_text("resource_guard.cpp:"));
    CHECK_THAT(text, contains_text("(task 'second' at "));
}

TETHER_TEST_CASE("RE21 a use ends with its scope, by end(), and with a stop") {
    resource_guard writing("a write");
    auto first = writing.use();
    auto moved = std::move(first);
    first.end();
    CHECK(writing.busy());
    moved.end();
    CHECK_FALSE(writing.busy());
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const use = writing.use();
            co_await sleep_forever();
        });
        co_await checkpoint();
        CHECK(writing.busy());
        group.cancel();
    });
    auto const again = writing.use();
    CHECK(writing.busy());
}

TEST_CASE("RE21 a guard that is destroyed while in use ends the program with a "
          "sentence") {
    auto const words = last_words([] {
        auto guard = std::make_unique<resource_guard>("a read");
        auto const use = guard->use();
        guard.reset();
    });
    CHECK_THAT(words, contains_text("destroyed while what it guards is used"));
}
