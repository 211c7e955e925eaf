// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "sync_test.hpp"

#include <tether/core/errors.hpp>
#include <tether/sync/barrier.hpp>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<barrier>);
static_assert(std::is_trivially_copyable_v<barrier_statistics>);

namespace {

constinit barrier static_barrier(1);

task<> party(barrier& b, std::string name, event_log& log) {
    std::size_t const index = co_await b.arrive_and_wait();
    log(name + std::to_string(index));
}
// Says "broken" instead.
task<> unlucky(barrier& b, event_log& log) {
    bool broken = false;
    try {
        co_await b.arrive_and_wait();
    } catch (broken_resource const&) {
        broken = true;
    }
    log(broken ? "broken" : "passed");
}

} // namespace

TETHER_TEST_CASE("BA01 the last to arrive lets all go on, each with a place of "
                 "its own") {
    barrier b(3);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(party, std::ref(b), std::string("a"), std::ref(log));
        group.spawn(party, std::ref(b), std::string("b"), std::ref(log));
        co_await sleep_for(1ms);
        CHECK(log.text().empty());
        CHECK(b.statistics().waiting == 2);
        group.spawn(party, std::ref(b), std::string("c"), std::ref(log));
    });
    CHECK(log.text() == "c2 a0 b1");
    CHECK(b.statistics().waiting == 0);
}

TEST_CASE("BA01 a barrier needs one party") {
    CHECK_THROWS_AS(barrier(0), std::invalid_argument);
    CHECK_THROWS_WITH(barrier(-2), contains_text("-2 parties"));
    run_virtual([]() -> task<> {
        std::size_t const alone = co_await static_barrier.arrive_and_wait();
        CHECK(alone == 0);
    });
}

TETHER_TEST_CASE("BA02 who comes back at once belongs to the next cycle") {
    barrier b(2);
    event_log log;
    auto rounds = [&](std::string name) -> task<> {
        for (int i = 0; i != 3; ++i) {
            co_await b.arrive_and_wait();
            log(name + std::to_string(i));
        }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(rounds, std::string("a"));
        group.spawn(rounds, std::string("b"));
        co_return;
    });
    // b arrives last and is back before a has run; it must wait for a.
    CHECK(log.text() == "b0 a0 a1 b1 b2 a2");
}

TETHER_TEST_CASE("BA03 a cancelled party counts as if it had not come") {
    barrier b(3);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a =
            group.spawn(party, std::ref(b), std::string("a"), std::ref(log));
        group.spawn(party, std::ref(b), std::string("b"), std::ref(log));
        co_await checkpoint();
        a.cancel();
        CHECK(b.statistics().waiting == 1);
        group.spawn(party, std::ref(b), std::string("c"), std::ref(log));
        co_await sleep_for(1ms);
        CHECK(log.text().empty());
        group.spawn(party, std::ref(b), std::string("d"), std::ref(log));
    });
    CHECK(log.text() == "d2 b0 c1"); // places without a gap
    CHECK_FALSE(b.statistics().broken);
}

TETHER_TEST_CASE("BA04 reset wakes those who wait with an error and begins "
                 "afresh") {
    barrier b(2);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(unlucky, std::ref(b), std::ref(log));
        co_await checkpoint();
        b.reset();
        CHECK(b.statistics().waiting == 0);
        CHECK_FALSE(b.statistics().broken);
        co_await checkpoint();
        CHECK(log.text() == "broken");
        group.spawn(unlucky, std::ref(b), std::ref(log));
        group.spawn(unlucky, std::ref(b), std::ref(log));
    });
    CHECK(log.text() == "broken passed passed");
}

TETHER_TEST_CASE("BA05 abort breaks the barrier until it is reset") {
    barrier b(2);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(unlucky, std::ref(b), std::ref(log));
        co_await checkpoint();
        b.abort();
        CHECK(b.statistics().broken);
        group.spawn(unlucky, std::ref(b), std::ref(log));
        co_await sleep_for(1ms);
        CHECK(log.text() == "broken broken");
        b.reset();
        group.spawn(unlucky, std::ref(b), std::ref(log));
        group.spawn(unlucky, std::ref(b), std::ref(log));
    });
    CHECK(log.text() == "broken broken passed passed");
}

TETHER_TEST_CASE("BA06 the completion function runs once in a cycle, before "
                 "anybody goes on") {
    event_log log;
    barrier b(2, [&] { log("!"); });
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b", "c", "d"})
            group.spawn(party, std::ref(b), std::string(name), std::ref(log));
        co_return;
    });
    CHECK(log.text() == "! b1 ! d1 a0 c0");
}

TETHER_TEST_CASE("BA06 a completion function that throws breaks the barrier") {
    event_log log;
    barrier b(2, [] { throw std::runtime_error("no result"); });
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(unlucky, std::ref(b), std::ref(log));
        co_await checkpoint();
        try {
            co_await b.arrive_and_wait();
        } catch (std::runtime_error const& e) {
            text = e.what();
        }
        CHECK(b.statistics().broken);
    });
    CHECK(text == "no result");
    CHECK(log.text() == "broken");
}

TETHER_TEST_CASE("BA06 a completion function cannot use its barrier") {
    barrier* self = nullptr;
    std::string text;
    barrier b(1, [&] {
        try {
            self->reset();
        } catch (std::logic_error const& e) {
            text = e.what();
        }
    });
    self = &b;
    co_await b.arrive_and_wait();
    CHECK(text == "barrier: used by its own completion function");
}

TETHER_TEST_CASE("BA07 scoped runs its function with the place") {
    barrier b(2);
    std::vector<std::size_t> places;
    auto block = [&](std::size_t index) -> task<std::size_t> {
        CHECK(b.statistics().waiting == 0);
        co_await checkpoint();
        places.push_back(index);
        co_return index * 10;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        auto first = group.spawn(
            [&]() -> task<std::size_t> { co_return co_await b.scoped(block); });
        std::size_t const second = co_await b.scoped(block);
        CHECK(second == 0);
        std::size_t const other = co_await first;
        CHECK(other == 10);
    });
    std::sort(places.begin(), places.end());
    CHECK(places == std::vector<std::size_t>{0, 1});
}
