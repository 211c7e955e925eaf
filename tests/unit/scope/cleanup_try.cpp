// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Cleanup that awaits: when it runs, how long, and what becomes of its errors.
#include "cancel_test.hpp"

using namespace tether_test;

namespace {

task<> fail(char const* what) {
    throw std::runtime_error(what);
    co_return;
}

} // namespace

TETHER_TEST_CASE("CA42 cleanup awaits inside a cancelled scope, each handler "
                 "where it belongs") {
    event_log log;
    auto const run_one = [&](int how) -> task<> {
        co_await async_try([&]() -> task<> {
            if (how == 1)
                throw std::runtime_error("body");
            if (how == 2)
                co_await sleep_forever();
        })
            .on_cancel([&](cancel_reason const& why) -> task<> {
                co_await sleep_for(1s);
                log(std::string("on_cancel:") + to_string(why.kind));
            })
            .finally([&](exit_reason const& why) -> task<> {
                co_await sleep_for(1s);
                log(why.succeeded() ? "ok" : why.failed() ? "error" : "stop");
            });
    };
    auto const failing = [&]() -> task<> { co_await run_one(1); };
    co_await run_one(0);
    auto const error = co_await error_of(failing);
    CHECK(text_of<std::runtime_error>(error) == "body");
    stopwatch const watch;
    bool const whole = co_await move_on_after(3s, run_one(2));
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 5s);
    CHECK(log.text() == "ok error on_cancel:deadline stop");
}

TETHER_TEST_CASE("CA42 a handler may be called without arguments, and gives "
                 "its body's value through") {
    int closed = 0;
    auto const value = co_await async_try([]() -> task<int> {
                           co_return 4;
                       }).finally([&]() -> task<> {
        ++closed;
        co_return;
    });
    CHECK(value == 4);
    CHECK(closed == 1);
}

TETHER_TEST_CASE("CA42 the body's frames are gone before a handler runs") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([&]() -> task<> {
            exit_note const note(log, "frame");
            co_await sleep_forever();
        }).on_cancel([&]() -> task<> {
            log("handler");
            co_return;
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "frame handler");
}

TETHER_TEST_CASE("CA42 handlers run also when the body throws before it is a "
                 "coroutine") {
    event_log log;
    auto const plain = [&]() -> task<> { throw std::runtime_error("early"); };
    auto const work = [&]() -> task<> {
        co_await async_try(plain).finally(
            [&](exit_reason const& why) -> task<> {
                log(why.failed() ? "finally" : "wrong");
                co_return;
            });
    };
    auto const error = co_await error_of(work);
    CHECK(text_of<std::runtime_error>(error) == "early");
    CHECK(log.text() == "finally");
}

TETHER_TEST_CASE("CA43 cleanup has ten seconds by default, then it is stopped "
                 "because the grace expired") {
    stopwatch const watch;
    cancel_reason why;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([]() -> task<> {
            co_await sleep_forever();
        }).finally([&]() -> task<> {
            struct reader {
                cancel_reason& out;
                ~reader() { out = this_task::cancel_reason(); }
            } const read{why};
            co_await sleep_for(60s);
        });
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 11s);
    CHECK(why.kind == cancel_kind::grace_expired);
}

TETHER_TEST_CASE("CA43 the grace can be chosen, also without end") {
    using std::chrono::steady_clock;
    for (auto const grace :
         {steady_clock::duration(3s), steady_clock::duration::max()}) {
        stopwatch const watch;
        bool const whole = co_await move_on_after(1s, [&]() -> task<> {
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).finally([]() -> task<> {
                  co_await sleep_for(60s);
              }).grace({grace});
        });
        CHECK_FALSE(whole);
        CHECK(watch.elapsed() == (grace == 3s ? 4s : 61s));
    }
    CHECK_THROWS_AS(async_try([]() -> task<> { co_return; }).grace({-1s}),
                    std::invalid_argument);
}

TETHER_TEST_CASE("CA44 an error of cleanup during a stop is not lost: it comes "
                 "out, the stop at the next checkpoint") {
    event_log log;
    auto const work = [&]() -> task<> {
        bool const whole = co_await move_on_after(1s, [&]() -> task<> {
            auto const inner = [&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).finally([]() -> task<> { co_await fail("rollback"); });
            };
            auto const error = co_await error_of(inner);
            log(text_of<std::runtime_error>(error));
            co_await checkpoint();
            log("unreachable");
        });
        log(whole ? "whole" : "stopped");
    };
    co_await work();
    CHECK(log.text() == "rollback stopped");
}

TETHER_TEST_CASE("CA44 errors of the body and of cleanup come out together, "
                 "the body's first") {
    auto const work = []() -> task<> {
        co_await async_try([]() -> task<> {
            co_await fail("body");
        }).finally([]() -> task<> { co_await fail("cleanup"); });
    };
    auto const error = co_await error_of(work);
    std::vector<std::string> texts;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        for (auto const& e : group.exceptions())
            texts.push_back(text_of<std::runtime_error>(e));
    }
    CHECK(texts == std::vector<std::string>{"body", "cleanup"});
}

TETHER_TEST_CASE("CA44 a cleanup error in a cancelled group comes out of the "
                 "group") {
    auto const work = []() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            group.spawn([]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).on_cancel([]() -> task<> { co_await fail("flush"); });
            });
            co_await checkpoint();
            group.cancel();
        });
    };
    auto const error = co_await error_of(work);
    bool seen = false;
    try {
        if (error)
            std::rethrow_exception(error);
    } catch (exception_group const& group) {
        seen = group.size() == 1 && group.contains<std::runtime_error>();
    }
    CHECK(seen);
}

TETHER_TEST_CASE("CA42 a cancel that comes during finally waits for its end, "
                 "and the value is kept") {
    event_log log;
    stopwatch const watch;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        auto const value =
            co_await async_try([]() -> task<int> {
                co_return 6;
            }).finally([]() -> task<> { co_await sleep_for(2s); });
        log(std::to_string(value));
        co_await checkpoint();
        log("unreachable");
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "6");
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("CA42 cleanup nests: the inner handler ends before the outer "
                 "begins") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        co_await async_try([&]() -> task<> {
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).finally([&]() -> task<> {
                co_await sleep_for(1s);
                log("inner");
            });
            log("unreachable");
        }).finally([&]() -> task<> {
            log("outer");
            co_return;
        });
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "inner outer");
}
