// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a pool answer calls when its workers crash, hang, lie and are killed?
#include "process_test.hpp"

#include <optional>
#include <set>

namespace {

using namespace process_test;

command worker(std::string mode = "worker") {
    return this_program(std::move(mode)).err(stdio::null());
}

// Runs `body(pool)` in a pool of such workers.
template<class F>
task<> in_pool(command what, process_pool_options options, F body) {
    process_pool pool(std::move(what), options);
    auto const inside = [&](process_pool&) -> task<> { return body(pool); };
    co_await with(pool, inside);
}

task<std::string> thrown_by(process_pool& pool, std::string request) {
    auto const end = co_await as_outcome(pool.call(std::move(request)));
    if (end.has_value())
        co_return "nothing";
    co_return tether::detail::what_of(end.error());
}

} // namespace

TETHER_TEST_CASE("TH24 a pool answers calls in worker processes") {
    nothing_left const check;
    co_await in_pool(worker(), {.workers = 2},
                     [](process_pool& pool) -> task<> {
                         std::string reply = co_await pool.call("abc");
                         CHECK(reply == "cba");
                         reply = co_await pool.call("");
                         CHECK(reply.empty());
                         std::string const large(3'000'000, 'l');
                         reply = co_await pool.call(large);
                         CHECK(reply == large);
                         std::string const pid = co_await pool.call("pid");
                         CHECK(pid != std::to_string(::getpid()));
                         auto const now = pool.statistics();
                         CHECK(now.workers == 2);
                         CHECK(now.running == 2);
                         CHECK(now.busy == 0);
                         CHECK(now.answered == 4);
                     });
}

TETHER_TEST_CASE("TH24 a worker that crashes is an error of its call and is "
                 "replaced") {
    nothing_left const check;
    co_await in_pool(worker(), {}, [](process_pool& pool) -> task<> {
        std::string const first = co_await pool.call("pid");
        auto const end = co_await as_outcome(pool.call("segv"));
        try {
            static_cast<void>(end.value());
            FAIL("it answered");
        } catch (worker_crashed const& e) {
            CHECK(e.status().signal() == SIGSEGV);
            CHECK(e.command() == "/proc/self/exe");
            CHECK_THAT(e.what(), contains_text("worker '/proc/self/exe' "
                                               "crashed in a call, killed by "
                                               "SIGSEGV"));
        }
        std::string const second = co_await pool.call("pid");
        CHECK(first != second);
        std::string text = co_await thrown_by(pool, "exit");
        CHECK_THAT(text, contains_text("crashed in a call, exit code 7"));
        std::string const reply = co_await pool.call("well");
        CHECK(reply == "llew");
        CHECK(pool.statistics().crashed == 2);
        CHECK(pool.statistics().started == 3);
    });
}

TETHER_TEST_CASE("TH24 what the function of a worker throws is an error, and "
                 "the worker goes on") {
    nothing_left const check;
    co_await in_pool(worker(), {}, [](process_pool& pool) -> task<> {
        auto const end = co_await as_outcome(pool.call("throw"));
        CHECK_THROWS_AS(end.value(), worker_error);
        CHECK_THROWS_WITH(end.value(), contains_text("the worker is sorry"));
        std::string const reply = co_await pool.call("on");
        CHECK(reply == "no");
        CHECK(pool.statistics().started == 1);
    });
}

TETHER_TEST_CASE("TH24 an answer is read, though its worker has ended "
                 "meanwhile") {
    nothing_left const check;
    co_await in_pool(worker(), {}, [](process_pool& pool) -> task<> {
        for (std::size_t started = 1; started != 20; ++started) {
            std::string const text = co_await pool.call("last");
            CHECK(text.size() == 60'000);
            while (pool.statistics().started == started)
                co_await checkpoint();
        }
        CHECK(pool.statistics().crashed == 0);
    });
}

TETHER_TEST_CASE("TH24 a stopped call kills its worker, and the pool "
                 "survives") {
    nothing_left const check;
    co_await in_pool(worker(), {}, [](process_pool& pool) -> task<> {
        std::string const first = co_await pool.call("pid");
        bool const ended =
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn(eager, [&]() -> task<> {
                        static_cast<void>(co_await pool.call("hang"));
                    });
                    co_await settle();
                    CHECK(pool.statistics().busy == 1);
                    scope.cancel();
                });
            });
        CHECK_FALSE(ended);
        std::string const second = co_await pool.call("pid");
        CHECK(first != second);
        while (!is_gone(std::stoi(first)))
            co_await checkpoint();
        CHECK(pool.statistics().given_up == 1);
        CHECK(pool.statistics().started == 2);
        // While it waits for the worker it has not got it.
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(eager, [&]() -> task<> {
                std::string const slow = co_await pool.call("flood");
                CHECK(slow == "doolf");
            });
            auto const none =
                co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                    scope.cancel();
                    static_cast<void>(co_await pool.call("x"));
                });
            CHECK_FALSE(none);
        });
        CHECK(pool.statistics().started == 2);
    });
}

TETHER_TEST_CASE("TH24 callers are served in the order of arrival, by all "
                 "workers") {
    nothing_left const check;
    co_await in_pool(
        worker(), {.workers = 2}, [](process_pool& pool) -> task<> {
            std::vector<int> order;
            std::set<std::string> pids;
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 2; ++i)
                    group.spawn(eager, [&]() -> task<> {
                        std::string const pid = co_await pool.call("pid");
                        pids.insert(pid);
                    });
                co_await group.wait_idle();
                bool const hung = co_await with_cancel_scope(
                    [&](cancel_scope& scope) -> task<> {
                        auto const blocker = [&]() -> task<> {
                            static_cast<void>(co_await pool.call("hang"));
                        };
                        auto const others = [&]() -> task<> {
                            co_await with_task_group(
                                [&](task_group& calls) -> task<> {
                                    for (int i = 0; i != 5; ++i)
                                        calls.spawn(
                                            [&](int number) -> task<> {
                                                static_cast<void>(
                                                    co_await pool.call("x"));
                                                order.push_back(number);
                                            },
                                            i);
                                    co_return;
                                });
                            scope.cancel();
                        };
                        co_await when_all(blocker(), others());
                    });
                CHECK_FALSE(hung);
            });
            CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
            CHECK(pids.size() == 2);
        });
}

TETHER_TEST_CASE("TH24 what a worker prints, however much, comes between no "
                 "frames and holds nobody up") {
    nothing_left const check;
    auto const loud = this_program("worker").err(stdio::tail(100));
    co_await in_pool(loud, {}, [](process_pool& pool) -> task<> {
        for (int i = 0; i != 3; ++i) {
            std::string const reply = co_await pool.call("flood");
            CHECK(reply == "doolf");
        }
        auto const end = co_await as_outcome(pool.call("exit"));
        CHECK_THROWS_WITH(end.value(), contains_text("exit code 7: yyyy"));
        CHECK_THROWS_WITH(end.value(), contains_text("heard 4 bytes"));
        std::string const nothing = co_await pool.call("read");
        CHECK(nothing == std::to_string(EOF));
    });
}

TETHER_TEST_CASE("TH24 a frame longer than the limit is an error that names "
                 "it; a worker that sends one is broken") {
    nothing_left const check;
    co_await in_pool(
        worker(), {.max_frame = 4096, .name = "small"},
        [](process_pool& pool) -> task<> {
            std::string text = co_await thrown_by(pool, std::string(4097, 'x'));
            CHECK(text ==
                  "process_pool 'small': a request of 4097 bytes is longer "
                  "than max_frame, 4096 bytes");
            auto const refused =
                co_await as_outcome(pool.call(std::string(4097, 'x')));
            CHECK_THROWS_AS(refused.value(), limit_exceeded);
            std::string const before = co_await pool.call("pid");
            CHECK(pool.statistics().started == 1);
            text = co_await thrown_by(pool, "large");
            CHECK_THAT(text,
                       contains_text("sent a frame of 5000 bytes, longer "
                                     "than max_frame, 4096 bytes, killed by "
                                     "SIGKILL"));
            std::string const after = co_await pool.call("pid");
            CHECK(before != after);
        });
}

TETHER_TEST_CASE("TH24 a worker that answers more than it was asked gets no "
                 "other call") {
    nothing_left const check;
    co_await in_pool(worker(), {}, [](process_pool& pool) -> task<> {
        std::string const first = co_await pool.call("pid");
        std::string const reply = co_await pool.call("twice");
        CHECK(reply.size() <= 5);
        std::string const second = co_await pool.call("pid");
        CHECK(first != second);
    });
}
