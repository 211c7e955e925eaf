// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// Where groups of errors leave the tasks: with, run, co_spawn; and how a test
// tells their shape.

#include "support/test_case.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/scope.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/testing/group_matcher.hpp>

#include <boost/asio/io_context.hpp>

#include <stdexcept>

using namespace tether;
using namespace tether_test;
using tether::testing::group_of;
using tether::testing::leaf;
using tether::testing::thrown_by;

namespace {

task<> fail_with(std::string text) {
    co_await checkpoint();
    throw std::runtime_error(text);
}
task<> fail_logically() {
    co_await checkpoint();
    throw std::logic_error("logic");
}

// {runtime_error a, {logic_error}}
task<> nested_failure() {
    co_await with_task_group(
        {.policy = collect_all}, [](task_group& outer) -> task<> {
            outer.spawn(fail_with, "a");
            outer.spawn([]() -> task<> {
                co_await with_task_group([](task_group& inner) -> task<> {
                    inner.spawn(fail_logically);
                    co_return;
                });
            });
            co_return;
        });
}

struct failing_close {
    task<> close() {
        co_await checkpoint();
        throw std::logic_error("close");
    }
};

} // namespace

TEST_CASE("EG34 a matcher tells the shape of a group, strict on nesting") {
    std::exception_ptr const error =
        thrown_by([] { tether::run(nested_failure); });
    REQUIRE(error);
    auto const exact = group_of({leaf<std::runtime_error>("^a$"),
                                 group_of({leaf<std::logic_error>("logic")})});
    CHECK(exact.matches(error));
    auto const flat = group_of(
        {leaf<std::logic_error>("logic"), leaf<std::runtime_error>("a")});
    CHECK_FALSE(flat.matches(error));
    auto const flattened = group_of(
        {leaf<std::logic_error>("logic"), leaf<std::runtime_error>("a")},
        {.flatten_subgroups = true});
    CHECK(flattened.matches(error));
    CHECK_FALSE(group_of({leaf<std::runtime_error>("b"),
                          group_of({leaf<std::logic_error>()})})
                    .matches(error));
    auto const bare = std::make_exception_ptr(std::runtime_error("x"));
    CHECK_FALSE(group_of({leaf<std::runtime_error>("x")}).matches(bare));
    CHECK(group_of({leaf<std::runtime_error>("x")}, {.allow_unwrapped = true})
              .matches(bare));
}

TEST_CASE("EG35 a failing body and a failing close make one group, body "
          "first") {
    std::exception_ptr const error = thrown_by([] {
        tether::run([]() -> task<> {
            failing_close resource;
            co_await with(resource, [](failing_close&) -> task<> {
                return fail_with("body");
            });
        });
    });
    REQUIRE(error);
    CHECK(group_of({leaf<std::runtime_error>("body"),
                    leaf<std::logic_error>("close")})
              .matches(error));
    std::string first;
    try {
        std::rethrow_exception(error);
    } catch (exception_group const& group) {
        try {
            std::rethrow_exception(group.begin()->error());
        } catch (std::exception const& e) {
            first = e.what();
        }
    }
    CHECK(first == "body");
}

TEST_CASE("EG37 a group that leaves a co_spawned task reaches the handler "
          "whole") {
    boost::asio::io_context io;
    std::exception_ptr seen;
    co_spawn(io.get_executor(), nested_failure(),
             [&](std::exception_ptr error) { seen = error; });
    io.run();
    REQUIRE(seen);
    CHECK(group_of({leaf<std::runtime_error>("^a$"),
                    group_of({leaf<std::logic_error>("logic")})})
              .matches(seen));
}

TEST_CASE("EG39 a group that a child throws by itself stays as it is") {
    std::exception_ptr const error = thrown_by([] {
        tether::run([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                group.spawn([]() -> task<> {
                    co_await checkpoint();
                    throw exception_group(
                        "mine",
                        {std::make_exception_ptr(std::runtime_error("only"))});
                });
                co_return;
            });
        });
    });
    REQUIRE(error);
    CHECK(group_of({group_of({leaf<std::runtime_error>("only")})})
              .matches(error));
    CHECK_FALSE(group_of({leaf<std::runtime_error>("only")}).matches(error));
}

TEST_CASE("EG40 run rethrows the group of its main task, ready to be printed "
          "as a tree") {
    std::exception_ptr const error =
        thrown_by([] { tether::run(nested_failure); });
    REQUIRE(error);
    CHECK(group_of({leaf<std::runtime_error>("^a$"),
                    group_of({leaf<std::logic_error>("logic")})})
              .matches(error));
    std::string const tree = format_error(error);
    CHECK_THAT(tree, contains_text("task group (2 sub-exceptions)"));
    CHECK_THAT(tree, contains_text("error_borders.cpp"));
}
