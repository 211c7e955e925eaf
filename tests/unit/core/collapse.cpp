// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/collapse.hpp>
#include <tether/core/errors.hpp>

#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>

using namespace core_test;
using tether::collapse;
using tether::exception_group;
using member_init = exception_group::member_init;

TEST_CASE("EG32 groups of one are peeled down to the leaf") {
    std::exception_ptr const leaf = runtime("a");
    CHECK(collapse(group_ptr("g", {leaf})).error() == leaf);
    CHECK(collapse(group_ptr("g", {group_ptr("in", {leaf})})).error() == leaf);
    CHECK_THROWS_AS(collapse(group("g", {leaf})).rethrow(), std::runtime_error);
    CHECK_THROWS_WITH(std::rethrow_exception(collapse(group("g", {leaf}))),
                      "a");
}

TEST_CASE("EG32 the way to the leaf is a note") {
    auto const where = std::source_location::current();
    exception_group const g(
        "load",
        {member_init(group_ptr("orders", {runtime("a")}), "fetch", where)});
    auto const collapsed =
        collapse(g.with_note("try 2").with_context(logic("shutdown")));
    REQUIRE(collapsed.notes().size() == 3);
    CHECK(collapsed.notes()[0] ==
          std::string("path: load > task 'fetch' spawned at ") +
              where.file_name() + ":" + std::to_string(where.line()) +
              " > orders");
    CHECK(collapsed.notes()[1] == "try 2");
    CHECK(collapsed.notes()[2] == "context: shutdown");
}

TEST_CASE("EG32 a group of several is left as it is") {
    std::exception_ptr const error =
        group_ptr("g", {runtime("a"), group_ptr("in", {runtime("b")})});
    auto const same = collapse(error);
    CHECK(same.error() == error);
    CHECK(same.notes().empty());

    // Inside groups of one it comes out, and carries what they said.
    exception_group const outer =
        group("outer", {error}).with_context(ptr(tether::timeout_error("t")));
    exception_group const found = group_in(collapse(outer));
    CHECK(shape(found) == "g[a, in[b]]");
    REQUIRE(found.notes().size() == 1);
    CHECK(found.notes()[0] == "path: outer");
    CHECK(found.context<tether::timeout_error>());
    CHECK(group_in(error).notes().empty());
}

TEST_CASE("EG32 a bare error, and none, come back unchanged") {
    std::exception_ptr const bare = ptr(3);
    CHECK(collapse(bare).error() == bare);
    CHECK(collapse(bare).error());
    CHECK_FALSE(collapse(nullptr).error());
}

TEST_CASE("EG32 the causes of the leaf are kept when it is unwrapped") {
    std::exception_ptr const leaf = thrown_by([] {
        try {
            throw std::logic_error("why");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("what"));
        }
    });
    try {
        collapse(group("g", {leaf})).rethrow();
        FAIL("rethrow returned");
    } catch (std::runtime_error const& e) {
        CHECK_THROWS_WITH(std::rethrow_if_nested(e), "why");
    }
}

TEST_CASE("EG05 10^5 groups of one collapse without recursion") {
    std::exception_ptr const error = nested(100'000);
    CHECK(group_in(collapse(error)).message() == "bottom");
}
