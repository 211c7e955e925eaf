// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// How code tells a value, an error and a stop apart: guards and outcomes.
#include "cancel_test.hpp"

#include <exception>

using namespace tether_test;

namespace {

// What many libraries do: no new exception means success.
struct raw_guard {
    event_log& log;
    int exceptions = std::uncaught_exceptions();
    ~raw_guard() {
        log(std::uncaught_exceptions() > exceptions ? "rollback" : "commit");
    }
};

struct stop_aware_guard {
    event_log& log;
    scope_outcome how{};
    ~stop_aware_guard() {
        CHECK(how.succeeded() + how.failed() + how.stopped() == 1);
        log(how.succeeded() ? "commit" : how.failed() ? "rollback" : "stopped");
    }
};

template<class Guard>
task<> guarded(event_log& log, int how) {
    Guard const guard{log};
    if (how == 1)
        throw std::runtime_error("failed");
    if (how == 2)
        co_await sleep_forever();
}

template<class Guard>
task<std::string> three_ways() {
    event_log log;
    co_await guarded<Guard>(log, 0);
    auto const failing = [&]() -> task<> { co_await guarded<Guard>(log, 1); };
    auto const error = co_await error_of(failing);
    CHECK(error != nullptr);
    bool const whole = co_await move_on_after(1s, guarded<Guard>(log, 2));
    CHECK_FALSE(whole);
    co_return log.text();
}

} // namespace

TETHER_TEST_CASE("CA48 a guard with scope_outcome does not commit on a stop; "
                 "one with uncaught_exceptions does") {
    auto const aware = co_await three_ways<stop_aware_guard>();
    CHECK(aware == "commit rollback stopped");
    auto const raw = co_await three_ways<raw_guard>();
    CHECK(raw == "commit rollback commit"); // the documented trap
}

TETHER_TEST_CASE("CA48 scope_outcome is right in nested frames and inside a "
                 "catch") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        stop_aware_guard const outer{log};
        try {
            throw std::runtime_error("handled");
        } catch (std::runtime_error const&) {
            stop_aware_guard const inside{log};
        }
        co_await guarded<stop_aware_guard>(log, 0);
        co_await guarded<stop_aware_guard>(log, 2);
    });
    CHECK_FALSE(whole);
    CHECK(log.text() == "commit commit stopped stopped");
}

TETHER_TEST_CASE("CA48 outside of a task scope_outcome knows values and "
                 "errors") {
    scope_outcome const how;
    CHECK(how.succeeded());
    CHECK_FALSE(how.failed());
    CHECK_FALSE(how.stopped());
    co_return;
}

TETHER_TEST_CASE("CA19 EG25 as_outcome gives errors as values and lets a stop "
                 "through") {
    event_log log;
    auto const value =
        co_await as_outcome([]() -> task<int> { co_return 3; }());
    CHECK(value.has_value());
    CHECK(*value == 3);
    auto const failed = co_await as_outcome([]() -> task<int> {
        throw std::runtime_error("failed");
        co_return 0;
    }());
    CHECK(failed.has_error());
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        auto const never = co_await as_outcome(sleep_forever());
        log(never.has_error() ? "error" : "value");
    });
    CHECK_FALSE(whole);
    CHECK(log.text().empty());
}

TETHER_TEST_CASE("CA18 only the handle of a cancelled child gives a cancelled "
                 "outcome") {
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([]() -> task<> { co_await sleep_forever(); });
        co_await checkpoint();
        handle.cancel("not needed");
        auto const how = co_await as_outcome(handle);
        CHECK(how.is_cancelled());
    });
}

TETHER_TEST_CASE("EG25 a stop passes catch (...) and catch (std::exception) "
                 "untouched, through any depth") {
    event_log log;
    bool const whole = co_await move_on_after(1s, [&]() -> task<> {
        auto const swallow = [&](auto const& self, int depth) -> task<> {
            try {
                if (depth == 0)
                    co_await sleep_forever();
                co_await self(self, depth - 1);
            } catch (std::exception const&) {
                log("exception");
            } catch (...) {
                log("anything");
            }
            log("after");
        };
        co_await swallow(swallow, 20);
    });
    CHECK_FALSE(whole);
    CHECK(log.text().empty());
}
