// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Coroutines on another loop: they are part of the task that waits for them.

#include "far_test.hpp"

using namespace tether;
using namespace tether_test;

namespace {

task_local<std::string> const request("none", "request");

task<int> add(int a, int b) {
    co_await checkpoint();
    co_return a + b;
}

} // namespace

TETHER_FAR_CASE("TH20 a coroutine runs on the loop of the executor and comes "
                "home with its value") {
    far_loop far;
    auto const home = std::this_thread::get_id();
    std::thread::id there;
    asio::any_io_executor executor;
    bool stayed = false;
    CHECK(co_await run_on(far.executor(), add, 1, 2) == 3);
    CHECK(co_await run_on(far.executor(), add(3, 4)) == 7);
    auto look = [&]() -> task<> {
        there = std::this_thread::get_id();
        executor = this_task::executor();
        co_await sleep_for(1ms);
        stayed = std::this_thread::get_id() == there;
    };
    co_await run_on(far.executor(), look);
    CHECK(stayed);
    CHECK(there == far.thread());
    CHECK(executor == far.executor());
    CHECK(std::this_thread::get_id() == home);
    CHECK(this_task::executor() != executor);
}

TETHER_FAR_CASE("TH20 on a pool of threads a coroutine has a strand of its "
                "own") {
    asio::thread_pool pool(4);
    std::atomic<int> inside = 0;
    bool met = false;
    auto body = [&]() -> task<> {
        auto child = [&]() -> task<> {
            for (int i = 0; i != 50; ++i) {
                if (++inside != 1)
                    met = true;
                --inside;
                co_await asio::post(pool, use_task);
            }
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 4; ++i)
                group.spawn(child);
            co_return;
        });
    };
    co_await run_on(pool, body);
    CHECK_FALSE(met);
    auto const strand = asio::make_strand(pool);
    asio::any_io_executor there;
    co_await run_on(strand, [&]() -> task<> {
        there = this_task::executor();
        co_return;
    });
    CHECK(there == strand); // a strand is taken as it is
}

TETHER_FAR_CASE("TH20 the loop at home may be the one over there") {
    CHECK(co_await run_on(this_task::executor(), add, 2, 2) == 4);
    CHECK(co_await run_on(this_task::executor(), [] { return 5; }) == 5);
    auto nested = [&]() -> task<int> {
        auto const inner = asio::make_strand(this_task::executor());
        co_return co_await run_on(inner, add, 3, 3);
    };
    CHECK(co_await run_on(this_task::executor(), nested) == 6);
}

TETHER_FAR_CASE("TH20 name, bindings and errors belong to the task at home") {
    far_loop far;
    std::string name;
    std::string bound;
    std::string inner;
    std::string in_function;
    auto body = [&]() -> task<> {
        name = this_task::name();
        bound = request.get();
        co_await with_task_local(request, "inner", [&]() -> task<> {
            inner = request.get();
            co_return;
        });
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("caller"), request.bound("r1"), [&]() -> task<> {
            co_await run_on(far.executor(), body);
            co_await run_on(far.executor(),
                            [&] { in_function = request.get(); });
            CHECK(request.get() == "r1");
        });
        co_return;
    });
    CHECK(name == "caller");
    CHECK(bound == "r1");
    CHECK(inner == "inner");
    CHECK(in_function == "r1");
    CHECK(co_await run_on(far.executor(), [] { return request.get(); }) ==
          "none");
}

TETHER_FAR_CASE("TH18 a group that fails over there comes home with names "
                "and places") {
    far_loop far;
    auto body = []() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            group.spawn(named("left"), []() -> task<> {
                co_await checkpoint();
                throw std::runtime_error("broken");
            });
            co_return;
        });
    };
    std::string text;
    try {
        co_await run_on(far.executor(), body);
    } catch (exception_group const& group) {
        CHECK(group.size() == 1);
        text = format_error(std::current_exception());
    }
    CHECK_THAT(text, contains_text("task 'left' spawned at "));
    CHECK_THAT(text, contains_text("run_on_task.cpp:"));
    CHECK_THAT(text, contains_text("std::runtime_error: broken"));
}

TETHER_FAR_CASE("TH20 a cancel goes there with its reason and is waited for") {
    far_loop far;
    std::string why;
    std::atomic<bool> begun = false;
    bool cleaned = false;
    bool cleaned_first = false;
    auto body = [&]() -> task<> {
        auto clean = [&](exit_reason const& reason) -> task<> {
            why = reason.reason().to_string();
            co_await sleep_for(1ms);
            cleaned = true;
        };
        auto work = [&]() -> task<> {
            begun = true;
            co_await sleep_forever();
        };
        co_await async_try(work).finally(clean);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("boss"), [&]() -> task<> {
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                co_await with_task_group([&](task_group& inner) -> task<> {
                    inner.spawn([&]() -> task<> {
                        co_await run_on(far.executor(), body);
                    });
                    co_await until([&] { return begun.load(); });
                    scope.cancel("enough");
                });
            });
            cleaned_first = cleaned;
        });
        co_return;
    });
    CHECK(cleaned_first);
    CHECK_THAT(why, contains_text("explicit_request: enough (by 'boss' at "));
}

TETHER_FAR_CASE("TH20 a deadline at home ends it, and an error of its "
                "cleanup is delivered") {
    far_loop far;
    std::string waited;
    auto sleeps = []() -> task<> { co_await sleep_forever(); };
    try {
        co_await fail_after(1ms, run_on(far.executor(), sleeps));
    } catch (timeout_error const& e) {
        waited = e.what();
    }
    CHECK_THAT(waited, contains_text("deadline 1 ms exceeded"));
    auto kind = cancel_kind::none;
    std::atomic<bool> begun = false;
    auto fails = [&]() -> task<> {
        begun = true;
        co_await async_try(sleeps).finally(
            [&](exit_reason const& why) -> task<> {
                kind = why.reason().kind;
                throw std::runtime_error("cleanup failed");
                co_return;
            });
    };
    bool failed = false;
    auto in_time = [&](cancel_scope& deadline) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            spawn_on(group, far.executor(), fails);
            co_await until([&] { return begun.load(); });
            deadline.reschedule(0ms);
        });
    };
    try {
        static_cast<void>(co_await move_on_after(1h, in_time));
    } catch (exception_group const& group) {
        failed = format_error(std::current_exception()).find("cleanup") !=
                     std::string::npos &&
                 group.size() == 1;
    }
    CHECK(failed);
    CHECK(kind == cancel_kind::deadline);
}

TETHER_FAR_CASE("TH20 a soft cancel arrives over there as one") {
    far_loop far;
    bool hard = true;
    bool slept = true;
    std::string why;
    auto body = [&]() -> task<int> {
        slept = co_await soft_cancellable(sleep_for(1h));
        hard = !this_task::cancel_requested();
        why = this_task::cancel_reason().text;
        co_await checkpoint(); // no stop
        co_return 8;
    };
    int value = 0;
    auto const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    value = co_await run_on(far.executor(), body);
                });
                co_await sleep_for(1ms);
                scope.cancel_soft(10s, "closing time");
            });
        });
    CHECK(ended);
    CHECK(value == 8);
    CHECK_FALSE(slept);
    CHECK_FALSE(hard);
    CHECK(why == "closing time");
}

TETHER_FAR_CASE("TH20 a cancel follows a soft one that was not heeded over "
                "there") {
    far_loop far;
    auto body = []() -> task<> { co_await sleep_forever(); };
    auto const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(
                    [&]() -> task<> { co_await run_on(far.executor(), body); });
                co_await sleep_for(1ms);
                scope.cancel_soft(1ms);
            });
        });
    CHECK_FALSE(ended);
}
