// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a pool begin and end, and what does it do about workers that die
/// without a call?
#include "process_test.hpp"

#include <tether/task/co_spawn.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace {

using namespace process_test;

command worker(std::string mode = "worker") {
    return this_program(std::move(mode)).err(stdio::null());
}

task<> opens(process_pool& pool) {
    co_await with(pool, [](process_pool&) -> task<> { co_return; });
}

} // namespace

TETHER_TEST_CASE("TH24 options without sense, a worker that does not exist and "
                 "streams that are taken are errors that name them") {
    nothing_left const check;
    CHECK_THROWS_WITH(process_pool(worker(), {.workers = 0}),
                      contains_text("workers is 0"));
    CHECK_THROWS_WITH(process_pool(worker(), {.max_frame = 0}),
                      contains_text("max_frame is 0: it must be from 1 to "
                                    "2147483647"));
    CHECK_THROWS_WITH(process_pool(worker(), {.grace = -1ns}),
                      contains_text("a duration is negative: -1 ns"));
    CHECK_THROWS_WITH(process_pool(command("w").in(stdio::null())),
                      contains_text("the input of 'w' is taken"));
    CHECK_THROWS_WITH(process_pool(command("w").err(stdio::capture())),
                      contains_text("the error output of 'w' cannot lead"));
    process_pool missing(command("/no/such/worker"), {.workers = 3});
    auto const end = co_await as_outcome(opens(missing));
    CHECK_THROWS_AS(end.value(), system_error);
    CHECK_THROWS_WITH(end.value(),
                      contains_text("cannot start '/no/such/worker'"));
}

TETHER_TEST_CASE("TH24 a pool is used inside of its with, and may be opened "
                 "again") {
    nothing_left const check;
    process_pool pool(worker());
    auto const call = [&]() -> task<std::string> {
        co_return co_await pool.call("ab");
    };
    auto const early = co_await as_outcome(call());
    CHECK_THROWS_WITH(early.value(), contains_text("outside of with"));
    auto const use = [&](process_pool&) -> task<std::string> {
        auto const nested = co_await as_outcome(opens(pool));
        CHECK_THROWS_WITH(nested.value(), contains_text("that is open"));
        co_return co_await call();
    };
    std::string reply = co_await with(pool, use);
    CHECK(reply == "ba");
    auto const late = co_await as_outcome(call());
    CHECK_THROWS_WITH(late.value(), contains_text("process_pool is closed"));
    CHECK_THROWS_AS(late.value(), closed_resource);
    reply = co_await with(pool, use);
    CHECK(reply == "ba");
}

TETHER_TEST_CASE("TH24 a worker that dies without a call is noticed and "
                 "replaced") {
    nothing_left const check;
    process_pool pool(worker());
    co_await with(pool, [&](process_pool&) -> task<> {
        std::string const first = co_await pool.call("pid");
        ::kill(std::stoi(first), SIGKILL);
        while (pool.statistics().started == 1)
            co_await settle(1ms);
        CHECK(pool.statistics().idle_deaths == 1);
        std::string const second = co_await pool.call("pid");
        CHECK(first != second);
        // Whether the pool has heard of it or not.
        ::kill(std::stoi(second), SIGKILL);
        while (!is_gone(std::stoi(second)) && pool.statistics().started == 2)
            co_await checkpoint();
        std::string const third = co_await pool.call("pid");
        CHECK(second != third);
    });
}

// What the worker has started keeps the pipe open, so the call hears of the end
// after the pool does.
TETHER_TEST_CASE("TH24 a call that hears late of the end of its worker leaves "
                 "the next one alone") {
    nothing_left const check;
    process_pool pool(worker(), {.grace = 2s});
    co_await with(pool, [&](process_pool&) -> task<> {
        std::string const first = co_await pool.call("pid");
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(eager, [&]() -> task<> {
                auto const end = co_await as_outcome(pool.call("bequeath"));
                CHECK_THROWS_AS(end.value(), worker_crashed);
                CHECK_THROWS_WITH(end.value(), contains_text("exit code 7"));
            });
            while (!is_gone(std::stoi(first)))
                co_await checkpoint();
            co_await settle(1ms);
            co_await advance(2s);
        });
        std::string const second = co_await pool.call("pid");
        CHECK(first != second);
        CHECK(pool.statistics().started == 2);
    });
}

TETHER_TEST_CASE("TH24 a worker that crashes at its start is an error of each "
                 "call, after pauses, and no loop") {
    nothing_left const check;
    process_pool pool(shell("exit 9"),
                      {.workers = 2, .min_pause = 1s, .max_pause = 3s});
    co_await with(pool, [&](process_pool&) -> task<> {
        // Nobody calls: they are not started again.
        while (pool.statistics().running != 0)
            co_await settle(1ms);
        co_await sleep_for(1h);
        CHECK(pool.statistics().started == 2);
        CHECK(pool.statistics().idle_deaths == 2);
        std::vector<std::chrono::milliseconds> pauses;
        for (int i = 0; i != 4; ++i) {
            stopwatch const watch;
            auto const end = co_await as_outcome(pool.call("x"));
            CHECK_THROWS_AS(end.value(), worker_crashed);
            CHECK_THROWS_WITH(end.value(), contains_text(", exit code 9"));
            pauses.push_back(watch.elapsed());
        }
        CHECK(pauses == std::vector<std::chrono::milliseconds>{1s, 2s, 3s, 3s});
        CHECK(pool.statistics().started == 6);
    });
}

TETHER_TEST_CASE(
    "TH24 the end of a pool closes inputs, waits, asks, and in the "
    "end kills") {
    nothing_left const check;
    process_pool pool(worker("stubborn"), {.workers = 2, .grace = 2s});
    stopwatch const watch;
    bool closing = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await with(pool, [&](process_pool&) -> task<> {
                std::string const reply = co_await pool.call("ab");
                CHECK(reply == "ba");
                std::string const other = co_await pool.call("cd");
                closing = true;
            });
            closing = false;
        });
        while (!closing)
            co_await settle(1ms);
        co_await settle();
        co_await advance(3900ms);
        CHECK(has_children());
        CHECK(closing);
        co_await advance(100ms);
    });
    CHECK(watch.elapsed() == 4s);
}

TETHER_TEST_CASE("TH24 a call that is out when the pool closes may end; those "
                 "that wait are told") {
    nothing_left const check;
    process_pool pool(worker(), {.grace = 2s});
    std::optional<outcome<std::string>> out;
    std::optional<outcome<std::string>> waiting;
    event may_end;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await with(pool, [&](process_pool&) -> task<> {
                co_await may_end.wait();
            });
        });
        co_await settle();
        group.spawn([&]() -> task<> {
            out.emplace(co_await as_outcome(pool.call("hang")));
        });
        group.spawn([&]() -> task<> {
            waiting.emplace(co_await as_outcome(pool.call("ab")));
        });
        co_await settle();
        CHECK(pool.statistics().waiting == 1);
        may_end.set();
        co_await settle();
        CHECK_THROWS_AS(waiting.value().value(), closed_resource);
        CHECK_FALSE(out);
        co_await advance(2s); // then its worker's input is closed
        CHECK_FALSE(out);
        co_await advance(2s); // then it gets SIGTERM
    });
    CHECK_THROWS_AS(out.value().value(), closed_resource);
    CHECK(watch.elapsed() == 4s);
}

TETHER_TEST_CASE("TH24 a pool whose scope is cancelled ends its workers") {
    nothing_left const check;
    process_pool pool(worker(), {.workers = 3});
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with(pool, [&](process_pool&) -> task<> {
                std::string const reply = co_await pool.call("ab");
                CHECK(reply == "ba");
                scope.cancel();
                static_cast<void>(co_await pool.call("hang"));
            });
        });
    CHECK_FALSE(ended);
}

TEST_CASE("TH24 workers are gone with the context of the pool") {
    nothing_left const check;
    bool called = false;
    {
        boost::asio::io_context io(1);
        auto const main = [&]() -> task<> {
            process_pool pool(worker("stubborn"), {.workers = 2});
            co_await with(pool, [&](process_pool&) -> task<> {
                static_cast<void>(co_await pool.call("pid"));
                called = true;
                static_cast<void>(co_await pool.call("hang"));
            });
        };
        tether::co_spawn(io, main, boost::asio::detached);
        while (!called)
            io.run_one();
    }
}
