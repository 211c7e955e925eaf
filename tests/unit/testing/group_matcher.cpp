// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The matcher of groups: what it tells apart, and how it explains.

#include "support/catch.hpp"

#include <tether/scope.hpp>
#include <tether/task.hpp>
#include <tether/testing/catch2.hpp>
#include <tether/testing/group_matcher.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

using tether::exception_group;
using tether::task;
using tether::testing::expected_error;
using tether::testing::group_of;
using tether::testing::leaf;
using tether::testing::matches;
using tether::testing::thrown_by;

namespace {

std::exception_ptr runtime(char const* text) {
    return std::make_exception_ptr(std::runtime_error(text));
}
std::exception_ptr logic(char const* text) {
    return std::make_exception_ptr(std::logic_error(text));
}
std::exception_ptr grouped(char const* message,
                           std::vector<std::exception_ptr> errors) {
    return std::make_exception_ptr(exception_group(message, std::move(errors)));
}

task<> fail_with(std::string text) {
    co_await tether::checkpoint();
    throw std::runtime_error(text);
}

} // namespace

TEST_CASE("TE23 EG34 type, text and nesting must be right") {
    auto const error =
        grouped("g", {runtime("a1"), grouped("h", {logic("b")})});
    CHECK(matches(error, group_of(leaf<std::runtime_error>("^a[0-9]$"),
                                  group_of(leaf<std::logic_error>()))));
    CHECK_FALSE(matches(error, group_of(leaf<std::runtime_error>("^a$"),
                                        group_of(leaf<std::logic_error>()))));
    CHECK_FALSE(matches(
        error, group_of(leaf<std::runtime_error>(), leaf<std::logic_error>())));
    CHECK_FALSE(matches(
        error, group_of(leaf<std::runtime_error>(), leaf<std::exception>())));
    CHECK(matches(
        error, group_of(leaf<std::exception>(), leaf<exception_group>("h"))));
    CHECK_FALSE(matches(error, leaf<std::runtime_error>()));
    CHECK_FALSE(matches(nullptr, leaf<std::runtime_error>()));
    CHECK(matches(runtime("x"), leaf<std::exception>("x")));
    CHECK(matches(std::make_exception_ptr(5), leaf<int>()));
}

TEST_CASE("TE23 the number of errors must be right") {
    auto const error = grouped("g", {runtime("a"), runtime("b"), logic("c")});
    CHECK(matches(error, group_of(leaf<std::runtime_error>().times(2),
                                  leaf<std::logic_error>())));
    CHECK_FALSE(matches(
        error, group_of(leaf<std::runtime_error>(), leaf<std::logic_error>())));
    CHECK_FALSE(matches(error, group_of(leaf<std::runtime_error>().times(3),
                                        leaf<std::logic_error>())));
    CHECK(matches(error, group_of(leaf<std::exception>().times(3))));
}

TEST_CASE("TE23 a general expectation leaves the special ones theirs") {
    auto const error = grouped("g", {runtime("x"), runtime("y"), logic("z")});
    CHECK(matches(error,
                  group_of(leaf<std::exception>(), leaf<std::runtime_error>(),
                           leaf<std::runtime_error>("x"))));
    CHECK_FALSE(matches(error, group_of(leaf<std::exception>(),
                                        leaf<std::logic_error>("z"),
                                        leaf<std::logic_error>())));
}

TEST_CASE("TE23 members come in any order, or in the one asked for") {
    auto const error = grouped("g", {runtime("a"), logic("b")});
    auto const shape =
        group_of(leaf<std::logic_error>("b"), leaf<std::runtime_error>("a"));
    CHECK(matches(error, shape));
    CHECK_FALSE(matches(error, shape.in_order()));
    CHECK(matches(error, group_of(leaf<std::runtime_error>("a"),
                                  leaf<std::logic_error>("b"))
                             .in_order()));
}

TEST_CASE("TE23 the message of a group") {
    auto const error = grouped("load pages", {runtime("a")});
    auto const shape = group_of(leaf<std::runtime_error>());
    CHECK(matches(error, shape.with_message("^load")));
    auto const other = matches(error, shape.with_message("^store"));
    CHECK_FALSE(other);
    CHECK(other.explanation ==
          "expected a group of 1 matching '^store', the message is "
          "'load pages'");
}

TETHER_TEST_CASE("TE23 task names and the trigger, of a real group") {
    std::exception_ptr error;
    try {
        co_await tether::with_task_group(
            {.policy = tether::collect_all},
            [](tether::task_group& group) -> task<> {
                group.spawn(tether::named("first"), fail_with, "a");
                group.spawn(tether::named("second"), fail_with, "b");
                co_return;
            });
    } catch (...) {
        error = std::current_exception();
    }
    auto const a = leaf<std::runtime_error>("a");
    auto const b = leaf<std::runtime_error>("b");
    CHECK(
        matches(error, group_of(a.from_task("first"), b.from_task("second"))));
    CHECK_FALSE(
        matches(error, group_of(a.from_task("second"), b.from_task("first"))));
    using init = exception_group::member_init;
    auto const marked = std::make_exception_ptr(exception_group(
        "g", std::vector<init>{init(runtime("a")),
                               init(runtime("b"), "second", {}, true)}));
    CHECK(matches(marked, group_of(a, b.as_trigger())));
    CHECK_FALSE(matches(marked, group_of(a.as_trigger(), b)));
}

TEST_CASE("TE23 EG34 a bare error and flattened groups, where the test allows "
          "them") {
    auto const one = group_of(leaf<std::runtime_error>("x"));
    CHECK_FALSE(matches(runtime("x"), one));
    CHECK(matches(runtime("x"), one.with_rules({.allow_unwrapped = true})));
    CHECK(matches(grouped("g", {runtime("x")}),
                  one.with_rules({.allow_unwrapped = true})));
    auto const deep = grouped(
        "g", {runtime("a"), grouped("h", {grouped("i", {logic("b")})})});
    auto const flat =
        group_of(leaf<std::runtime_error>("a"), leaf<std::logic_error>("b"));
    CHECK_FALSE(matches(deep, flat));
    CHECK(matches(deep, flat.with_rules({.flatten_subgroups = true})));
}

TEST_CASE("TE23 an explanation names what is missing and what is left over") {
    auto const error = grouped("g", {runtime("a"), runtime("c")});
    auto const match =
        matches(error, group_of(leaf<std::runtime_error>("a"),
                                leaf<std::logic_error>("b").from_task("t"),
                                leaf<std::logic_error>("d")));
    CHECK_FALSE(match);
    CHECK(match.explanation ==
          "missing: std::logic_error matching 'b' of task 't'\n"
          "missing: std::logic_error matching 'd'\n"
          "not expected: [1] std::runtime_error: c");
    CHECK(matches(error, group_of(leaf<std::runtime_error>().times(2)))
              .explanation.empty());
}

TEST_CASE("TE23 where one stands against one, the explanation goes into it") {
    auto const error = grouped("g", {runtime("a"), grouped("h", {logic("b")})});
    auto const match =
        matches(error, group_of(leaf<std::runtime_error>("a"),
                                group_of(leaf<std::logic_error>("x"))));
    CHECK(match.explanation ==
          "missing: a group of 1\n"
          "not expected: [1] tether::exception_group: h (1 sub-exception)\n"
          "  missing: std::logic_error matching 'x'\n"
          "  not expected: [0] std::logic_error: b\n"
          "    expected std::logic_error matching 'x', found "
          "std::logic_error: b");
    CHECK(matches(runtime("x"), group_of(leaf<std::runtime_error>("x")))
              .explanation ==
          "expected a group of 1, found no group: std::runtime_error: x");
}

TEST_CASE("TE23 thrown_by catches anything") {
    CHECK(thrown_by([] {}) == nullptr);
    CHECK(matches(thrown_by([] { throw 3; }), leaf<int>()));
    CHECK(thrown_by([] { return 1; }) == nullptr);
}

TEST_CASE("EG34 a group that an expression throws, checked in one line") {
    TETHER_CHECK_THROWS_GROUP(
        tether::run([]() -> task<> {
            co_await tether::with_task_group(
                [](tether::task_group& group) -> task<> {
                    group.spawn(tether::named("reader"), fail_with, "a");
                    co_return;
                });
        }),
        group_of(leaf<std::runtime_error>("a").from_task("reader")));
}
