// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "support/catch.hpp"
#include "support/test_case.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/try_group.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

using tether::exception_group;
using tether::group_action;
using tether::task;
using tether::try_group;
using tether_test::event_log;
using tether_test::exit_note;
using namespace std::chrono_literals;

namespace {

struct http_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

task<> fails_with_http(char const* text, std::chrono::milliseconds after) {
    co_await tether::sleep_for(after);
    throw http_error(text);
}
task<> fails_with_timeout(std::chrono::milliseconds after) {
    co_await tether::sleep_for(after);
    throw tether::timeout_error("t");
}
task<> fails_with_logic(std::chrono::milliseconds after) {
    co_await tether::sleep_for(after);
    throw std::logic_error("bug");
}

// {http, http, timeout, logic}, as a group.
task<> four_errors() {
    co_await tether::with_task_group(
        tether::task_group_options{.policy = tether::group_policy::collect_all},
        [](tether::task_group& group) -> task<> {
            group.spawn(fails_with_http, "h1", 1ms);
            group.spawn(fails_with_http, "h2", 2ms);
            group.spawn(fails_with_timeout, 3ms);
            group.spawn(fails_with_logic, 4ms);
            co_return;
        });
}
task<> bare_http() {
    co_await tether::sleep_for(1ms);
    throw http_error("bare");
}
task<int> gives_seven() {
    co_return 7;
}

} // namespace

TETHER_TEST_CASE("EG20 clauses that await run in order, each with its errors") {
    event_log log;
    std::optional<exception_group> left;
    try {
        co_await try_group(four_errors)
            .on<http_error>([&](exception_group const& g) -> task<> {
                co_await tether::sleep_for(10ms);
                log("http" + std::to_string(g.size()));
            })
            .on<tether::timeout_error>([&](exception_group const& g) {
                log("timeout" + std::to_string(g.size()));
            })
            .on<http_error>([&]() -> task<> {
                log("never");
                co_return;
            });
    } catch (exception_group const& group) {
        left = group;
    }
    CHECK(log.text() == "http2 timeout1");
    REQUIRE(left);
    CHECK(left->size() == 1);
    CHECK(left->contains<std::logic_error>());
}

TETHER_TEST_CASE("EG21 a bare error runs its clause, or leaves bare") {
    int seen = 0;
    bool const ended = co_await try_group(bare_http).on<http_error>(
        [&](exception_group const& g) -> task<> {
            seen = static_cast<int>(g.size());
            co_return;
        });
    CHECK_FALSE(ended);
    CHECK(seen == 1);

    bool bare = false;
    try {
        co_await try_group(bare_http).on<std::logic_error>(
            []() -> task<> { co_return; });
    } catch (http_error const&) {
        bare = true;
    }
    CHECK(bare);
}

TETHER_TEST_CASE("EG22 a coroutine handler gives its errors back in place") {
    std::string shape;
    try {
        co_await try_group(four_errors)
            .on<http_error>([]() -> task<group_action> {
                co_await tether::sleep_for(1ms);
                co_return group_action::rethrow;
            })
            .on<tether::timeout_error>([] { throw; })
            .on_any([]() -> task<group_action> {
                co_return group_action::consume;
            });
    } catch (exception_group const& group) {
        for (auto const member : group)
            shape += std::string(member.as<std::exception>()->what()) + ";";
    }
    CHECK(shape == "h1;h2;deadline of 't' exceeded;");
}

TETHER_TEST_CASE("EG23 what an awaiting handler throws comes with its cause") {
    std::optional<exception_group> left;
    try {
        co_await try_group(four_errors)
            .on<http_error>([]() -> task<> {
                co_await tether::sleep_for(1ms);
                throw std::out_of_range("new");
            })
            .on<tether::timeout_error, std::logic_error>([] {});
    } catch (exception_group const& group) {
        left = group;
    }
    REQUIRE(left);
    CHECK(left->size() == 1);
    CHECK(left->contains<std::out_of_range>());
    std::exception_ptr const cause = left->begin()->cause();
    REQUIRE(cause);
    CHECK_THROWS_AS(std::rethrow_exception(cause), exception_group);
}

TETHER_TEST_CASE("EG25 a stop runs no clause and passes through") {
    event_log log;
    auto const body = [&]() -> task<> {
        exit_note note(log, "stopped");
        co_await tether::sleep_for(1h);
    };
    bool const ended = co_await tether::move_on_after(1s, [&]() -> task<> {
        co_await try_group(body)
            .on<std::exception>([&] { log("clause"); })
            .on_any([&]() -> task<> {
                log("any");
                co_return;
            });
        log("after");
    });
    CHECK_FALSE(ended);
    CHECK(log.text() == "stopped");
}

TETHER_TEST_CASE("EG26 handlers run after the body is unwound and joined") {
    event_log log;
    auto const child = [&]() -> task<> {
        exit_note note(log, "sibling-gone");
        co_await tether::sleep_for(1h);
    };
    auto const body = [&]() -> task<> {
        exit_note note(log, "body-gone");
        co_await tether::with_task_group(
            [&](tether::task_group& group) -> task<> {
                group.spawn(std::ref(child));
                group.spawn(fails_with_http, "h", 1ms);
                co_return;
            });
    };
    co_await try_group(body).on<http_error>([&]() -> task<> {
        log("handler");
        co_await tether::sleep_for(1ms);
        log("awaited");
    });
    CHECK(log.text() == "sibling-gone body-gone handler awaited");
}

TETHER_TEST_CASE(
    "EG26 a handler is stopped by the scope around the try_group") {
    event_log log;
    bool const ended = co_await tether::move_on_after(1s, [&]() -> task<> {
        co_await try_group(bare_http).on<http_error>([&]() -> task<> {
            exit_note note(log, "handler-stopped");
            co_await tether::sleep_for(1h);
        });
    });
    CHECK_FALSE(ended);
    CHECK(log.text() == "handler-stopped");
}

TETHER_TEST_CASE(
    "TG38 errors that a stopped handler kept waiting are reported") {
    std::optional<exception_group> reported;
    tether::detail::running_loop()->on_unhandled_error(
        [&](std::exception_ptr error, char const*) {
            try {
                std::rethrow_exception(error);
            } catch (exception_group const& group) {
                reported = group;
            }
        });
    bool const ended = co_await tether::move_on_after(1s, [&]() -> task<> {
        co_await try_group(four_errors)
            .on<http_error>([]() -> task<> { co_await tether::sleep_for(1h); })
            .on<std::logic_error>([] {});
    });
    tether::detail::running_loop()->on_unhandled_error(nullptr);
    CHECK_FALSE(ended);
    REQUIRE(reported);
    CHECK(reported->size() == 2);
    CHECK(reported->contains<tether::timeout_error>());
    CHECK(reported->contains<std::logic_error>());
}

TETHER_TEST_CASE("EG43 a bare error that a handler gave back leaves bare") {
    bool bare = false;
    try {
        co_await try_group(bare_http())
            .on<http_error>([]() -> task<group_action> {
                co_return group_action::rethrow;
            });
    } catch (http_error const& e) {
        bare = std::string(e.what()) == "bare";
    }
    CHECK(bare);
}

TETHER_TEST_CASE("a body without error gives its value, and runs no clause") {
    bool called = false;
    auto const seven =
        co_await try_group(gives_seven).on_any([&] { called = true; });
    static_assert(std::is_same_v<decltype(seven), std::optional<int> const>);
    CHECK(seven == 7);

    auto const throws_int = []() -> task<std::unique_ptr<int>> {
        co_await tether::checkpoint();
        throw 5;
    };
    auto const none =
        co_await try_group(throws_int).on<int>([&] { called = true; });
    CHECK_FALSE(none);
    CHECK(called);
}
