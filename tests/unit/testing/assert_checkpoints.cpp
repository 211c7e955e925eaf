// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Where a block can be stopped, and the mode that starts children at once.
#include "testing_test.hpp"

#include <stdexcept>
#include <string>

namespace {

using namespace testing_test;
using testing::assert_checkpoints;
using testing::assert_no_checkpoints;

template<class F>
task<std::string> failure_of(F block, bool expected) {
    std::string text = "it passed";
    try {
        if (expected)
            co_await assert_checkpoints(block);
        else
            co_await assert_no_checkpoints(block);
    } catch (test_failure const& failure) {
        text = failure.what();
    }
    co_return text;
}

auto const nothing = []() -> task<> { co_return; };

TETHER_TEST_CASE("TE13 a block passes a checkpoint, also one that does not "
                 "wait") {
    semaphore free_slots(1);
    co_await assert_checkpoints(
        [&]() -> task<> { auto permit = co_await free_slots.acquire(); });
    co_await assert_checkpoints([]() -> task<> { co_await checkpoint(); });
    co_await assert_checkpoints(
        []() -> task<> { co_await checkpoint_if_cancelled(); });
}

TETHER_TEST_CASE("TE13 a block without a checkpoint fails the test, with its "
                 "place") {
    auto const text = co_await failure_of(nothing, true);
    CHECK_THAT(text, contains_text("assert_checkpoints.cpp:"));
    CHECK_THAT(text, contains_text("passed no checkpoint"));
    co_await assert_no_checkpoints(nothing);
}

TETHER_TEST_CASE("TE13 assert_no_checkpoints names the checkpoint it found") {
    auto const text =
        co_await failure_of([]() -> task<> { co_await sleep_for(1s); }, false);
    CHECK_THAT(text, contains_text("passed a checkpoint at"));
    auto const yields = co_await failure_of(
        []() -> task<> { co_await cancel_shielded_checkpoint(); }, false);
    CHECK(yields == "it passed");
}

TETHER_TEST_CASE("TE13 scopes are transparent, what runs in them counts") {
    auto const empty_group = []() -> task<> {
        co_await with_task_group([](task_group&) -> task<> { co_return; });
        co_await move_on_after(1s, nothing());
        co_await when_all(nothing(), nothing());
    };
    co_await assert_no_checkpoints(empty_group);
    co_await assert_checkpoints(
        []() -> task<> { co_await when_all(nothing(), sleep_for(1s)); });
    co_await assert_checkpoints([]() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            group.spawn([]() -> task<> { co_await sleep_for(1s); });
            co_return;
        });
    });
}

TETHER_TEST_CASE("TE13 checkpoints of others do not count") {
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([]() -> task<> { co_await sleep_for(2s); });
        group.spawn([&]() -> task<> {
            auto const waits = []() -> task<> {
                co_await cancel_shielded_checkpoint();
                co_await cancel_shielded_checkpoint();
            };
            text = co_await failure_of(waits, true);
        });
        for (int i = 0; i < 10; ++i)
            co_await checkpoint();
    });
    CHECK_THAT(text, contains_text("passed no checkpoint"));
}

TETHER_TEST_CASE("TE13 the block gives its value, and its errors come out") {
    int const value = co_await assert_checkpoints([]() -> task<int> {
        co_await checkpoint();
        co_return 7;
    });
    CHECK(value == 7);
    int kept = 3;
    int& same =
        co_await assert_no_checkpoints([&]() -> task<int&> { co_return kept; });
    CHECK(&same == &kept);
    bool caught = false;
    try {
        co_await assert_checkpoints([]() -> task<> {
            throw std::runtime_error("mine");
            co_return;
        });
    } catch (std::runtime_error const&) {
        caught = true;
    }
    CHECK(caught);
}

TETHER_TEST_CASE("TE13 a block can be cancelled, and assertions nest") {
    auto const ended = co_await move_on_after(1s, [&]() -> task<> {
        co_await assert_checkpoints([]() -> task<> {
            co_await assert_checkpoints(
                []() -> task<> { co_await sleep_forever(); });
        });
    });
    CHECK(!ended);
    auto const text = co_await failure_of(nothing, true);
    CHECK_THAT(text, contains_text("passed no checkpoint"));
}

TEST_CASE("TE26 in eager mode children run at once to their first wait") {
    event_log log;
    auto body = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto child = [&](std::string name) -> task<> {
                log(name);
                co_await checkpoint();
                log(name + "2");
            };
            group.spawn(child, "a");
            log("spawned");
            group.spawn(child, "b");
            log("body");
            co_return;
        });
    };
    run_test(body);
    CHECK(log.text() == "spawned body a b a2 b2");

    log = {};
    testing::test_options options;
    options.eager = true;
    run_test(body, options);
    CHECK(log.text() == "a spawned b body a2 b2");
}

} // namespace
