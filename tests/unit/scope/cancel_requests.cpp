// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Who may ask for a cancel, what is remembered of it, and what cannot pose as
// one.
#include "cancel_test.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <array>
#include <csignal>
#include <string>
#include <thread>

using namespace tether_test;

TETHER_TEST_CASE("CA15 a cancel comes from the task itself, another task, or a "
                 "deadline") {
    auto const kind_of = [](auto&& arrange) -> task<cancel_kind> {
        cancel_scope scope;
        co_await with_task_group([&](task_group& group) -> task<> {
            arrange(group, scope);
            co_await with_cancel_scope(
                scope, [&]() -> task<> { co_await sleep_for(10s); });
        });
        CHECK(scope.cancelled_caught());
        co_return scope.reason().kind;
    };
    auto const itself = [](task_group&, cancel_scope& scope) {
        scope.cancel();
    };
    auto const another = [](task_group& group, cancel_scope& scope) {
        group.spawn([&]() -> task<> {
            co_await sleep_for(1s);
            scope.cancel();
        });
    };
    auto const deadline = [](task_group&, cancel_scope& scope) {
        scope.reschedule(1s);
    };
    auto const by_itself = co_await kind_of(itself);
    CHECK(by_itself == cancel_kind::explicit_request);
    auto const by_another = co_await kind_of(another);
    CHECK(by_another == cancel_kind::explicit_request);
    auto const by_deadline = co_await kind_of(deadline);
    CHECK(by_deadline == cancel_kind::deadline);
}

TEST_CASE("CA15 a signal, or any other handler on the same context, may "
          "cancel directly") {
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGUSR1);
    cancel_scope scope;
    signals.async_wait([&](boost::system::error_code, int number) {
        scope.cancel(number == SIGUSR1 ? "user signal" : "another");
    });
    bool const whole = tether::run(io, [&]() -> task<bool> {
        boost::asio::post(io, [] { std::raise(SIGUSR1); });
        auto const forever = []() -> task<> { co_await sleep_forever(); };
        co_return co_await with_cancel_scope(scope, forever);
    });
    CHECK_FALSE(whole);
    CHECK(scope.reason().text == "user signal");
}

TEST_CASE("CA15 another thread cancels through remote_cancel, which posts") {
    cancel_reason why;
    bool whole = true;
    tether::run([&]() -> task<> {
        std::thread other;
        whole = co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            other = std::thread([handle = scope.remote_cancel()] {
                CHECK(handle.cancel("from outside"));
            });
            co_await sleep_forever(); // no deadlock: the handle may cancel
        });
        other.join();
        co_return;
    });
    CHECK_FALSE(whole);
}

TEST_CASE("CA15 the handle of a scope that was left does nothing, also when "
          "the loop is gone") {
    cancel_handle handle;
    CHECK_FALSE(handle.cancel());
    tether::run([&]() -> task<> {
        bool const whole =
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                handle = scope.remote_cancel();
                cancel_handle const copy = handle;
                co_return;
            });
        CHECK(whole);
        CHECK_FALSE(handle.cancel());
        co_await checkpoint();
    });
    CHECK_FALSE(handle.cancel());
}

TEST_CASE("CA15 many threads may cancel while the scope ends") {
    for (int round = 0; round < 50; ++round) {
        std::array<std::thread, 3> threads;
        tether::run([&]() -> task<> {
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                for (auto& t : threads)
                    t = std::thread([handle = scope.remote_cancel()] {
                        handle.cancel("race");
                    });
                co_await sleep_for(50us);
            });
        });
        for (auto& t : threads)
            t.join();
    }
}

TETHER_TEST_CASE("CA16 the scope knows the text, the kind, the task and the "
                 "place of its cancel") {
    cancel_scope scope;
    unsigned line = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("controller"), [&]() -> task<> {
            co_await sleep_for(1s);
            line = std::source_location::current().line() + 1;
            scope.cancel("user left");
        });
        co_await with_cancel_scope(scope, [&]() -> task<> {
            co_await async_try([]() -> task<> {
                co_await sleep_forever();
            }).on_cancel([&](cancel_reason const& why) -> task<> {
                CHECK(why.text == "user left");
                co_return;
            });
        });
    });
    cancel_reason const why = scope.reason();
    CHECK(why.kind == cancel_kind::explicit_request);
    CHECK(why.text == "user left");
    CHECK(why.task == "controller");
    CHECK(why.where.line() == line);
    CHECK(contains(why.where.file_name(), "cancel_requests.cpp"));
}

TETHER_TEST_CASE("CA16 this_task::cancel_reason gives the reason that counts "
                 "inside") {
    co_await with_cancel_scope([&](cancel_scope& outer) -> task<> {
        co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
            CHECK(this_task::cancel_reason().kind == cancel_kind::none);
            inner.cancel("inner");
            CHECK(this_task::cancel_reason().text == "inner");
            outer.cancel("outer"); // the outermost counts
            CHECK(this_task::cancel_reason().text == "outer");
            co_return;
        });
    });
}

TETHER_TEST_CASE("CA16 a failing sibling is named in the reason") {
    cancel_reason why;
    auto const failing = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(named("writer"), []() -> task<> {
                co_await checkpoint();
                throw std::runtime_error("disk full");
            });
            group.spawn([&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await sleep_forever();
                }).on_cancel([&](cancel_reason const& reason) -> task<> {
                    why = reason;
                    co_return;
                });
            });
            co_return;
        });
    };
    auto const error = co_await error_of(failing);
    CHECK(error != nullptr);
    CHECK(why.kind == cancel_kind::sibling_failed);
    CHECK(why.task == "writer");
}

TETHER_TEST_CASE("CA17 the first reason stays") {
    cancel_scope scope;
    co_await with_cancel_scope(scope, [&]() -> task<> {
        scope.reschedule(1s);
        scope.cancel("first");
        scope.cancel("second");
        co_await shielded(sleep_for(2s)); // past the deadline
        co_await checkpoint();
    });
    CHECK(scope.reason().text == "first");
    CHECK(scope.reason().kind == cancel_kind::explicit_request);
}

TETHER_TEST_CASE("CA18 no exception counts as a stop, not even "
                 "cancelled_error") {
    auto const forging = []() -> task<> {
        co_await with_cancel_scope([](cancel_scope& scope) -> task<> {
            scope.cancel();
            throw cancelled_error(
                cancel_reason(cancel_kind::explicit_request, "forged"));
            co_return;
        });
    };
    auto const error = co_await error_of(forging);
    CHECK(contains(text_of<cancelled_error>(error), "forged"));

    auto const in_group = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(forging);
            co_return;
        });
    };
    auto const grouped = co_await error_of(in_group);
    CHECK(text_of<exception_group>(grouped) != "no error");
    CHECK(text_of<exception_group>(grouped) != "another error");
}

TETHER_TEST_CASE("CA19 a stop cannot be swallowed: no catch runs, nothing "
                 "after it runs, destructors do, in order") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        exit_note const a(log, "a");
        for (;;) {
            exit_note const b(log, "b");
            try {
                exit_note const c(log, "c");
                co_await sleep_forever();
                log("after");
            } catch (...) {
                log("caught");
            }
            log("next round");
        }
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "c b a");
}

TETHER_TEST_CASE("CA20 a task that passes no checkpoint after the cancel "
                 "keeps its value") {
    co_await with_task_group([&](task_group& group) -> task<> {
        slow_source source;
        auto handle = group.spawn(
            [&]() -> task<int> { co_return co_await source.get() + 1; });
        co_await checkpoint();
        source.deliver(41);
        handle.cancel();
        co_await handle.wait();
        CHECK(handle.status() == task_status::finished);
        CHECK(handle.result() == 42);
    });
}
