// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A cancel at the very entry and at the very exit of every verb.
#include "cancel_test.hpp"

#include <optional>
#include <utility>

using namespace tether_test;

namespace {

struct cancel_at_exit {
    cancel_scope& scope;
    bool wanted;
    ~cancel_at_exit() {
        if (wanted)
            scope.cancel("at exit");
    }
};

// `run` gives a body to a verb. Without a checkpoint inside, the value must
// come out whenever the cancel came, and the stop right after it.
template<class Run>
task<std::string> edges(Run run) {
    event_log log;
    for (bool const before : {true, false}) {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto body = [&]() -> task<int> {
                cancel_at_exit const last{scope, !before};
                co_return 5;
            };
            if (before)
                scope.cancel("before");
            int const got = co_await run(body);
            log(std::to_string(got));
            co_await checkpoint();
            log("unreachable");
        });
    }
    // With a checkpoint inside nothing of the verb's caller goes on.
    co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
        auto body = [&]() -> task<int> {
            exit_note const note(log, "stopped");
            co_await checkpoint();
            co_return 6;
        };
        scope.cancel();
        int const got = co_await run(body);
        log(std::to_string(got));
    });
    co_return log.text();
}

} // namespace

TETHER_TEST_CASE("SC46 CA26 with_cancel_scope at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        auto const value = co_await with_cancel_scope(body);
        co_return *value;
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 fail_after at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        co_return co_await fail_after(1s, body);
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 move_on_after at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        auto const value = co_await move_on_after(1s, body);
        co_return *value;
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 fail_at and move_on_at at their edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        auto const until = this_task::now() + 1s;
        auto both = [&]() -> task<int> {
            auto const value = co_await move_on_at(until, body);
            co_return *value;
        };
        co_return co_await fail_at(until, both);
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 shielded at its edges: its content is not stopped "
                 "at all") {
    auto const got = co_await edges(
        [](auto& body) -> task<int> { co_return co_await shielded(body); });
    CHECK(got == "5 5 stopped 6"); // the note is written at the normal end
}

TETHER_TEST_CASE("SC46 CA26 soft_cancellable at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        auto const value = co_await soft_cancellable(body);
        co_return *value;
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 async_try at its edges, its handlers run each "
                 "time") {
    int handled = 0;
    auto const got = co_await edges([&](auto& body) -> task<int> {
        co_return co_await async_try(body).finally([&]() -> task<> {
            co_await checkpoint();
            ++handled;
        });
    });
    CHECK(got == "5 5 stopped");
    CHECK(handled == 3);
}

TETHER_TEST_CASE("SC46 CA26 with at its edges, close runs each time") {
    struct resource {
        int closed = 0;
        task<> open() { co_return; }
        task<> close() {
            co_await checkpoint();
            ++closed;
        }
    } r;
    auto const got = co_await edges([&](auto& body) -> task<int> {
        co_return co_await with(
            r, [&](resource&) -> task<int> { co_return co_await body(); });
    });
    CHECK(got == "5 5 stopped");
    CHECK(r.closed == 3);
}

TETHER_TEST_CASE("SC46 CA26 as_outcome at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        auto const value = co_await as_outcome(body());
        co_return value.value();
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 CA26 with_task_group at its edges") {
    auto const got = co_await edges([](auto& body) -> task<int> {
        co_return co_await with_task_group(
            [&](task_group&) -> task<int> { co_return co_await body(); });
    });
    CHECK(got == "5 5 stopped");
}

TETHER_TEST_CASE("SC46 all verbs nested, cancelled from the innermost exit") {
    event_log log;
    cancel_scope scope;
    co_await with_cancel_scope(scope, [&]() -> task<> {
        auto const got = co_await fail_after(1s, [&]() -> task<int> {
            co_return co_await with_task_group([&](task_group&) -> task<int> {
                co_return co_await shielded([&]() -> task<int> {
                    auto body = [&]() -> task<int> {
                        cancel_at_exit const last{scope, true};
                        co_return 7;
                    };
                    co_return co_await async_try(body).finally([&]() -> task<> {
                        co_await sleep_for(2s); // past the deadline too
                    });
                });
            });
        });
        log(std::to_string(got));
        co_await checkpoint();
        log("unreachable");
    });
    CHECK(log.text() == "7");
    CHECK(scope.cancelled_caught());
}
