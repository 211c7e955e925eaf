// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>

#include <chrono>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

using namespace core_test;
using namespace std::chrono_literals;
using tether::cancel_kind;
using tether::cancel_reason;
using tether::timeout_error;

namespace {

std::string place(std::source_location where) {
    return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

} // namespace

// An exception whose copy throws terminates the program when it is caught by
// value.
static_assert(std::is_nothrow_copy_constructible_v<timeout_error>);
static_assert(std::is_nothrow_copy_constructible_v<tether::cancelled_error>);
static_assert(std::is_nothrow_copy_constructible_v<tether::task_failed>);
static_assert(std::is_nothrow_copy_constructible_v<tether::deadlock_error>);
static_assert(!std::is_base_of_v<std::exception, tether::forced_exit>);
static_assert(std::is_base_of_v<std::logic_error, tether::group_closed>);
static_assert(std::is_base_of_v<std::logic_error, tether::invalid_state>);

TEST_CASE("SC39 a timeout names its deadline and its scope") {
    auto const text = [](auto... args) {
        return std::string(timeout_error(args...).what());
    };
    CHECK(text("fetch page", 5s) == "deadline 5 s of 'fetch page' exceeded");
    CHECK(text("fetch page") == "deadline of 'fetch page' exceeded");
    CHECK(text("", 1500ms) == "deadline 1.5 s exceeded");
    CHECK(text() == "deadline exceeded");
    CHECK(text("", 90min) == "deadline 5400 s exceeded");
    CHECK(text("", 250ms) == "deadline 250 ms exceeded");
    CHECK(text("", 20us) == "deadline 20 us exceeded");
    CHECK(text("", 7ns) == "deadline 7 ns exceeded");
    CHECK(text("", 0s) == "deadline 0 s exceeded");
    CHECK(text("", 1050ms) == "deadline 1.05 s exceeded");
    CHECK(timeout_error("x", 5s).duration() == 5s);
    CHECK(timeout_error("x", 5s).scope() == "x");
}

TEST_CASE("SC23 a timeout says where the body was waiting") {
    auto const scope = std::source_location::current();
    auto const wait = std::source_location::current();
    timeout_error const error("fetch", 5s, scope, wait);
    CHECK(error.what() ==
          "deadline 5 s of 'fetch' exceeded, was waiting at " + place(wait));
    CHECK(error.waiting_at().line() == wait.line());
    CHECK(error.where().line() == scope.line());
}

TEST_CASE("seed row 44: one timeout type, which is std::errc::timed_out") {
    timeout_error const error("x");
    CHECK(error == std::errc::timed_out);
    CHECK(error != std::errc::io_error);
    CHECK(error.code() == std::errc::timed_out);
    std::error_code const code = error;
    CHECK(code == std::errc::timed_out);
    CHECK_THROWS_AS(throw error, std::runtime_error);
}

TEST_CASE("CA16 a reason holds kind, text, task and place") {
    auto const line = std::source_location::current().line() + 1;
    cancel_reason const why(cancel_kind::signal, "SIGTERM", "main");
    CHECK(why.kind == cancel_kind::signal);
    CHECK(why.where.line() == line);
    CHECK(why.to_string() ==
          "signal: SIGTERM (by 'main' at " + place(why.where) + ")");
    CHECK(cancel_reason(cancel_kind::deadline, "", "", {}).to_string() ==
          "deadline");
    CHECK(cancel_reason(cancel_kind::shutdown, "", "t", {}).to_string() ==
          "shutdown (by 't')");
    CHECK(cancel_reason().to_string() == "none");
    CHECK(std::string(to_string(cancel_kind::race_decided)) == "race_decided");
}

TEST_CASE("CA18 a cancelled_error is an ordinary exception with a reason") {
    tether::cancelled_error const error(
        cancel_reason(cancel_kind::explicit_request, "user left", "", {}),
        "session");
    CHECK(std::string(error.what()) ==
          "task 'session' cancelled: explicit_request: user left");
    CHECK(error.reason().text == "user left");
    CHECK(std::string(tether::cancelled_error().what()) == "cancelled");
    CHECK_THROWS_AS(throw error, std::runtime_error);
}

TEST_CASE("TG34 task_failed keeps the error of the child") {
    std::exception_ptr const cause = logic("boom");
    auto const where = std::source_location::current();
    tether::task_failed const error(cause, "kid", where);
    CHECK(error.cause() == cause);
    CHECK(error.task() == "kid");
    CHECK(error.what() ==
          "awaited task failed (task 'kid' at " + place(where) + "): boom");
    CHECK(std::string(tether::task_failed(ptr(1)).what()) ==
          "awaited task failed: an exception that is not a std::exception");
}

TEST_CASE("misuse errors name the group, the task and the line") {
    auto const where = std::source_location::current();
    CHECK(tether::group_closed("workers", "late", where).what() ==
          "cannot spawn into task group 'workers' after it has closed (task "
          "'late' at " +
              place(where) + ")");
    CHECK(std::string(tether::group_closed().what()) ==
          "cannot spawn into task group after it has closed");
    CHECK(std::string(tether::invalid_state("no result yet", "t").what()) ==
          "no result yet (task 't')");
    CHECK(std::string(tether::operation_abandoned().what()) ==
          "operation abandoned: its completion handler was destroyed without "
          "being called");
    CHECK(std::string(tether::child_exited_without_started("t").what()) ==
          "child ended before it called started() (task 't')");
    CHECK(std::string(tether::internal_error("lost node").what()) ==
          "tether internal error: lost node");
}

TEST_CASE("a deadlock_error carries the task tree") {
    tether::deadlock_error const error("root\n  child at a.cpp:3\n");
    CHECK(error.tree() == "root\n  child at a.cpp:3\n");
    CHECK_THAT(error.what(), tether_test::contains_text("child at a.cpp:3"));
}

TEST_CASE("TG35 a forced exit is not caught by handlers of std::exception") {
    bool bare = false;
    try {
        try {
            throw tether::forced_exit(2);
        } catch (std::exception const&) {
            FAIL("caught as std::exception");
        }
    } catch (tether::forced_exit const& e) {
        bare = e.signal_number() == 2;
    }
    CHECK(bare);
}
