// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// When a deadline fires, which one of several, and what the caller sees.
#include "cancel_test.hpp"

using namespace tether_test;

namespace {

task<int> slow_value(std::chrono::milliseconds d, int value) {
    co_await sleep_for(d);
    co_return value;
}

} // namespace

TETHER_TEST_CASE("SC03 when both are cancelled the outermost catches, the "
                 "inner has caught nothing") {
    cancel_scope outer;
    cancel_scope inner;
    event_log log;
    co_await with_cancel_scope(outer, [&]() -> task<> {
        co_await with_cancel_scope(inner, [&]() -> task<> {
            inner.cancel();
            outer.cancel();
            co_await checkpoint();
        });
        log("unreachable");
    });
    CHECK(outer.cancelled_caught());
    CHECK(inner.cancel_called());
    CHECK_FALSE(inner.cancelled_caught());
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("SC04 of two deadlines at the same instant only the outer "
                 "reports") {
    auto const both = []() -> task<> {
        co_await fail_after(1s, "outer", []() -> task<> {
            co_await fail_after(1s, "inner",
                                []() -> task<> { co_await sleep_forever(); });
        });
    };
    auto const error = co_await error_of(both);
    CHECK(contains(text_of<timeout_error>(error), "'outer'"));

    // Also when the inner one was registered first.
    auto const until = this_task::now() + 1s;
    auto const reversed = [&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await fail_at(until, "inner", [&]() -> task<> {
                scope.reschedule(until);
                co_await sleep_forever();
            });
        });
    };
    auto const none = co_await error_of(reversed);
    CHECK(none == nullptr);
}

TETHER_TEST_CASE("SC05 an earlier inner deadline reports alone, the outer goes "
                 "on") {
    stopwatch const watch;
    co_await fail_after(5s, [&]() -> task<> {
        auto const inner = []() -> task<> {
            co_await fail_after(1s, "inner",
                                []() -> task<> { co_await sleep_forever(); });
        };
        auto const error = co_await error_of(inner);
        CHECK(contains(text_of<timeout_error>(error), "'inner'"));
        co_await sleep_for(1s);
    });
    CHECK(watch.elapsed() == 2s);
}

TETHER_TEST_CASE("SC06 the outer deadline wins when it fires during the "
                 "inner's cleanup") {
    stopwatch const watch;
    event_log log;
    auto const work = [&]() -> task<> {
        co_await fail_after(2s, "outer", [&]() -> task<> {
            auto const inner = [&]() -> task<> {
                co_await fail_after(1s, "inner", [&]() -> task<> {
                    co_await async_try([]() -> task<> {
                        co_await sleep_forever();
                    }).finally([&]() -> task<> { co_await sleep_for(3s); });
                });
            };
            auto const error = co_await error_of(inner);
            log("unreachable");
        });
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error), "'outer'"));
    CHECK(watch.elapsed() == 4s);
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("SC06 the inner deadline firing while the outer stop is on "
                 "its way changes nothing") {
    auto const work = [&]() -> task<> {
        co_await fail_after(1s, "outer", [&]() -> task<> {
            co_await fail_after(2s, "inner", [&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).finally([&]() -> task<> { co_await sleep_for(3s); });
            });
        });
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error), "'outer'"));
}

TETHER_TEST_CASE("SC07 a cancel from outside before the deadline is no "
                 "timeout") {
    event_log log;
    stopwatch const watch;
    bool const whole = co_await move_on_after(3s, [&]() -> task<> {
        auto const inner = []() -> task<> {
            co_await fail_after(5s,
                                []() -> task<> { co_await sleep_for(10s); });
        };
        auto const error = co_await error_of(inner);
        log("unreachable");
    });
    CHECK_FALSE(whole);
    CHECK(watch.elapsed() == 3s);
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("SC08 an explicit cancel inside a deadline is no timeout") {
    bool went_on = false;
    co_await fail_after(5s, [&](cancel_scope& scope) -> task<> {
        scope.cancel("enough");
        co_await sleep_for(1s);
    });
    went_on = true;
    CHECK(went_on);

    auto const with_value = []() -> task<> {
        co_await fail_after(5s, [](cancel_scope& scope) -> task<int> {
            scope.cancel("enough");
            co_await sleep_for(1s);
            co_return 1;
        });
    };
    auto const error = co_await error_of(with_value);
    CHECK(contains(text_of<cancelled_error>(error), "enough"));

    auto const moved_on =
        co_await move_on_after(5s, [](cancel_scope& scope) -> task<int> {
            scope.cancel();
            co_await sleep_for(1s);
            co_return 1;
        });
    CHECK_FALSE(moved_on.has_value());
}

TETHER_TEST_CASE("SC09 move_on_after says whether the work ended, and never "
                 "throws for time") {
    auto const in_time = co_await move_on_after(2s, slow_value(1s, 7));
    REQUIRE(in_time.has_value());
    CHECK(*in_time == 7);
    auto const late = co_await move_on_after(1s, slow_value(2s, 7));
    CHECK_FALSE(late.has_value());
    bool const void_in_time = co_await move_on_after(2s, sleep_for(1s));
    CHECK(void_in_time);
    bool const void_late = co_await move_on_after(1s, sleep_for(2s));
    CHECK_FALSE(void_late);
}

TETHER_TEST_CASE("SC10 without any time a function runs to its first "
                 "checkpoint, a task is not started") {
    event_log log;
    auto const body = [&]() -> task<> {
        log("function");
        co_await checkpoint();
        log("unreachable");
    };
    auto const unstarted = [](event_log& l) -> task<> {
        l("task");
        co_return;
    };
    auto const past = this_task::now() - 1s;
    bool const a = co_await move_on_after(0s, body);
    CHECK_FALSE(a);
    bool const b = co_await move_on_at(past, body);
    CHECK_FALSE(b);
    bool const c = co_await move_on_after(0s, unstarted(log));
    CHECK_FALSE(c);
    bool const d = co_await move_on_at(past, unstarted(log));
    CHECK_FALSE(d);
    auto const failing = [&]() -> task<> {
        co_await fail_after(0s, unstarted(log));
    };
    auto const error = co_await error_of(failing);
    CHECK(contains(text_of<timeout_error>(error), "deadline 0 s exceeded"));
    CHECK(log.text() == "function function");
}

TETHER_TEST_CASE("SC11 a body that ends without a checkpoint after the "
                 "deadline is no timeout") {
    auto const value =
        co_await fail_after(0s, []() -> task<int> { co_return 3; });
    CHECK(value == 3);
}

TETHER_TEST_CASE("SC12 a result that is scheduled in the same turn as the "
                 "deadline wins") {
    slow_source source;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s); // registered first: its turn comes first
            source.deliver(5);
            co_await checkpoint();
        });
        co_await checkpoint();
        auto const got = co_await move_on_after(
            1s, [&]() -> task<int> { co_return co_await source.get(); });
        // The deadline is served with the sleep, before the sleeper runs.
        CHECK_FALSE(got.has_value());
    });
    slow_source second;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto const got =
            co_await move_on_after(1s, [&](cancel_scope& scope) -> task<int> {
                group.spawn([&]() -> task<> {
                    second.deliver(6);
                    scope.cancel();
                    co_return;
                });
                co_return co_await second.get();
            });
        CHECK(got == 6);
    });
}

TETHER_TEST_CASE("SC12 a loop that is busy past the deadline delivers a ready "
                 "result") {
    // The body never waits, the clock passes the deadline meanwhile.
    slow_source source;
    source.deliver(8);
    auto const got = co_await fail_after(1s, [&]() -> task<int> {
        int sum = 0;
        for (int i = 0; i < 10; ++i)
            sum += co_await source.get();
        co_return sum;
    });
    CHECK(got == 80);
}

TETHER_TEST_CASE("SC22 other errors at deadline time pass through") {
    auto const work = []() -> task<> {
        co_await fail_after(1s, []() -> task<> {
            co_await shielded(sleep_for(2s));
            throw std::runtime_error("foreign");
        });
    };
    auto const error = co_await error_of(work);
    CHECK(text_of<std::runtime_error>(error) == "foreign");
}

TETHER_TEST_CASE("SC23 timeout_error says where the work was waiting") {
    unsigned line = 0;
    auto const work = [&]() -> task<> {
        co_await fail_after(1s, "page", [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    line = std::source_location::current().line() + 1;
                    co_await sleep_forever();
                });
                co_return;
            });
        });
    };
    auto const error = co_await error_of(work);
    std::string const text = text_of<timeout_error>(error);
    CHECK(contains(text, "deadline 1 s of 'page' exceeded, was waiting at"));
    CHECK(contains(text, "deadline_expiry.cpp:" + std::to_string(line)));
}

TETHER_TEST_CASE("SC24 after a caught timeout the task is not cancelled") {
    bool const whole = co_await move_on_after(1s, sleep_forever());
    CHECK_FALSE(whole);
    CHECK_FALSE(this_task::cancel_requested());
    stopwatch const watch;
    co_await sleep_for(1s);
    CHECK(watch.elapsed() == 1s);
}

TETHER_TEST_CASE("SC25 a group inside a deadline is cancelled and joined, then "
                 "the timeout is thrown") {
    event_log log;
    stopwatch const watch;
    auto const work = [&]() -> task<> {
        co_await fail_after(1s, [&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    co_await async_try([]() -> task<> {
                        co_await sleep_forever();
                    }).finally([&]() -> task<> {
                        co_await sleep_for(300ms);
                        log("closed");
                    });
                });
                co_return;
            });
        });
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error), "deadline 1 s"));
    CHECK(log.text() == "closed");
    CHECK(watch.elapsed() == 1300ms);
}

TETHER_TEST_CASE("SC31 fail_after throws only when cleanup has ended") {
    stopwatch const watch;
    auto const work = []() -> task<> {
        co_await fail_after(5s, []() -> task<> {
            co_await async_try([]() -> task<> {
                co_await sleep_for(10s);
            }).finally([]() -> task<> { co_await sleep_for(300ms); });
        });
    };
    auto const error = co_await error_of(work);
    CHECK(contains(text_of<timeout_error>(error), "deadline 5 s"));
    CHECK(watch.elapsed() == 5300ms);
}

TETHER_TEST_CASE("SC32 a value produced after the deadline is returned") {
    cancel_scope* seen = nullptr;
    bool caught = true;
    auto const value =
        co_await fail_after(1s, [&](cancel_scope& scope) -> task<int> {
            seen = &scope;
            co_await shielded(sleep_for(2s));
            CHECK(scope.cancel_called());
            caught = scope.cancelled_caught();
            co_return 9;
        });
    CHECK(value == 9);
    CHECK_FALSE(caught);
}

TETHER_TEST_CASE("SC33 EG41 an error of the cleanup comes out, with the "
                 "timeout as its context") {
    auto const work = []() -> task<> {
        co_await fail_after(1s, "batch", []() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                group.spawn([]() -> task<> {
                    co_await async_try([]() -> task<> {
                        co_await sleep_forever();
                    }).finally([]() -> task<> {
                        throw std::runtime_error("close failed");
                        co_return;
                    });
                });
                co_return;
            });
        });
    };
    auto const error = co_await error_of(work);
    bool seen = false;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        seen = true;
        CHECK(group.size() == 1);
        auto const* const context = group.context<timeout_error>();
        REQUIRE(context != nullptr);
        CHECK(context->scope() == "batch");
    } catch (...) {
    }
    CHECK(seen);
}

TETHER_TEST_CASE("SC34 a cancel from outside and the end of the work in the "
                 "same turn lose neither") {
    slow_source source;
    int got = 0;
    bool later = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            got = co_await fail_after(
                5s, [&]() -> task<int> { co_return co_await source.get(); });
            co_await checkpoint();
            later = true;
        });
        co_await checkpoint();
        source.deliver(4);
        handle.cancel();
        co_await handle.wait();
        CHECK(handle.status() == task_status::cancelled);
    });
    CHECK(got == 4);
    CHECK_FALSE(later);
}

TETHER_TEST_CASE("SC36 the outer expiry is not taken for the inner's empty "
                 "result") {
    event_log log;
    auto const outer = co_await move_on_after(1s, [&]() -> task<int> {
        auto const inner = co_await move_on_after(5s, slow_value(10s, 1));
        log(inner ? "inner value" : "inner empty");
        co_return 0;
    });
    CHECK_FALSE(outer.has_value());
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("SC37 a timeout inside a child is an error of the child") {
    auto const work = []() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            group.spawn(
                []() -> task<> { co_await fail_after(1s, sleep_forever()); });
            co_await sleep_forever();
        });
    };
    auto const error = co_await error_of(work);
    bool seen = false;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        seen = group.size() == 1 && group.contains<timeout_error>();
    } catch (...) {
    }
    CHECK(seen);
}

TETHER_TEST_CASE("SC46 an expiry between the end of the body and the caller "
                 "does not take the value") {
    auto const got =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<int> {
            struct late {
                cancel_scope& s;
                ~late() { s.cancel(); } // after co_return has its value
            } const at_exit{scope};
            co_return 11;
        });
    CHECK(got == 11);
}
