// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/handle_group.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace core_test;
using tether::exception_group;
using tether::group_action;
using tether::handle_group;
using tether::on;
using tether::on_any;

namespace {

struct http_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::exception_ptr http(char const* text) {
    return ptr(http_error(text));
}

std::exception_ptr mixed() {
    return group_ptr(
        "page", {http("h1"),
                 group_ptr("in", {ptr(tether::timeout_error("t")), http("h2")}),
                 logic("bug")});
}

// What handle_group throws, or null.
template<class... Clauses>
std::exception_ptr left_of(std::exception_ptr const& error,
                           Clauses&&... clauses) {
    return thrown_by([&] { handle_group(error, clauses...); });
}

} // namespace

TEST_CASE("EG20 clauses run in order and each consumes what it matches") {
    std::string seen;
    auto const left = left_of(
        mixed(), on<http_error>([&](exception_group const& g) {
            seen += "http " + shape(g) + "; ";
        }),
        on<tether::timeout_error>(
            [&](exception_group const& g) { seen += "timeout " + shape(g); }),
        on<std::runtime_error>([&] { seen += "nothing is left for this"; }));
    CHECK(seen == "http page[h1, in[h2]]; timeout page[in[deadline of 't' "
                  "exceeded]]");
    CHECK(shape(group_in(left)) == "page[bug]");

    CHECK_NOTHROW(handle_group(mixed(), on<std::exception>([] {})));
    CHECK_NOTHROW(handle_group(nullptr, on<std::exception>([] {})));
}

TEST_CASE("EG21 a bare error matches like a group of one, or leaves bare") {
    std::exception_ptr const bare = ptr(tether::timeout_error("t"));
    std::size_t size = 0;
    CHECK_FALSE(
        left_of(bare, on<tether::timeout_error>(
                          [&](exception_group const& g) { size = g.size(); })));
    CHECK(size == 1);
    CHECK(left_of(bare, on<http_error>([] {})) == bare);
    CHECK(left_of(ptr(5), on<std::exception>([] {})));
    CHECK_FALSE(left_of(ptr(5), on<int>([] {})));
}

TEST_CASE("EG22 errors that a handler gives back return to their places") {
    std::exception_ptr const error = mixed();
    CHECK(left_of(error, on<http_error>([] { return group_action::rethrow; }),
                  on<tether::timeout_error>(
                      [] { return group_action::rethrow; })) == error);

    auto const left =
        left_of(error, on<http_error>([] { return group_action::rethrow; }),
                on<std::logic_error>([] { return group_action::consume; }));
    CHECK(shape(group_in(left)) ==
          "page[h1, in[deadline of 't' exceeded, h2]]");
}

TEST_CASE("EG22 throw; in a handler gives back what it was given") {
    std::exception_ptr const error = mixed();
    CHECK(left_of(error, on<http_error>([] { throw; })) == error);
    CHECK(shape(group_in(left_of(
              error, on<http_error>([](exception_group const& g) { throw g; }),
              on<std::logic_error>([] {})))) ==
          "page[h1, in[deadline of 't' exceeded, h2]]");

    // A part of it as well: the rest is handled.
    auto const left = left_of(
        error,
        on<http_error, tether::timeout_error>([](exception_group const& g) {
            throw *g.subgroup<tether::timeout_error>();
        }));
    CHECK(shape(group_in(left)) == "page[in[deadline of 't' exceeded], bug]");
}

TEST_CASE("EG22 a given-back error is not offered to later clauses") {
    int later = 0;
    CHECK(left_of(http("h"),
                  on<http_error>([] { return group_action::rethrow; }),
                  on<std::exception>([&] { ++later; })));
    CHECK(later == 0);
}

TEST_CASE("EG23 a new error comes first, with what it was handling as cause") {
    auto const left =
        left_of(mixed(), on<http_error>([] { throw std::out_of_range("new"); }),
                on<tether::timeout_error>([] {}));
    exception_group const g = group_in(left);
    CHECK(shape(g) == "errors while handling 'page'[new, page[bug]]");
    REQUIRE(g.begin()->cause());
    CHECK(shape(group_in(g.begin()->cause())) == "page[h1, in[h2]]");

    // Two handlers fail, and a third gives its errors back.
    auto const both = left_of(
        mixed(), on<http_error>([] { throw std::out_of_range("one"); }),
        on<std::logic_error>([] { throw std::out_of_range("two"); }),
        on<tether::timeout_error>([] { return group_action::rethrow; }));
    CHECK(shape(group_in(both)) ==
          "errors while handling 'page'[one, two, page[in[deadline of 't' "
          "exceeded]]]");

    auto const bare = left_of(
        http("h"), on<http_error>([] { throw std::out_of_range("new"); }));
    CHECK(shape(group_in(bare)) == "errors while handling an error[new]");
    CHECK(tether::detail::what_of(group_in(bare).begin()->cause()) == "h");
}

TEST_CASE("EG43 a bare error that was handled and given back leaves bare") {
    std::exception_ptr const bare = http("h");
    CHECK(left_of(bare, on<http_error>([] { return group_action::rethrow; })) ==
          bare);
    CHECK(left_of(bare, on<http_error>([] { throw; })) == bare);
    CHECK(left_of(bare, on<http_error>([](exception_group const& g) {
                      throw g;
                  })) == bare);
}

TEST_CASE("EG07 on_any takes foreign errors too, but no forced exit") {
    int calls = 0;
    CHECK_FALSE(left_of(group_ptr("g", {ptr(1), runtime("a")}),
                        on_any([&](exception_group const& g) {
                            ++calls;
                            CHECK(g.count<int>() == 1);
                        })));
    CHECK(calls == 1);
    std::exception_ptr const exit = ptr(tether::forced_exit(2));
    CHECK(left_of(exit, on_any([] {})) == exit);
    CHECK_FALSE(left_of(exit, on<tether::forced_exit>([] {})));

    // A clause for std::exception leaves the int of an inner group alone.
    CHECK(shape(group_in(
              left_of(group_ptr("g", {group_ptr("in", {ptr(1), runtime("a")})}),
                      on<std::exception>([] {})))) == "g[in[?]]");
}

TEST_CASE("TG32 a cancelled_error is an ordinary error for clauses") {
    bool seen = false;
    CHECK_FALSE(left_of(group_ptr("g", {ptr(tether::cancelled_error())}),
                        on<tether::cancelled_error>([&] { seen = true; })));
    CHECK(seen);
}

TEST_CASE("EG05 handling 10^5 nested groups does not recurse") {
    std::exception_ptr const error = nested(100'000);
    auto const left = left_of(
        error, on<std::logic_error>([] { return group_action::rethrow; }));
    CHECK(left == error);
}

// on<exception_group> does not compile: tests/compile_fail/snippets.
TEST_CASE("EG24 a clause takes errors, never an inner group with all that is "
          "in it") {
    std::string seen;
    auto const left = left_of(
        group_ptr("out", {logic("a"), group_ptr("in", {ptr(5), logic("b")})}),
        on<std::exception>([&](exception_group const& g) { seen = shape(g); }));
    CHECK(seen == "out[a, in[b]]");
    CHECK(group_in(left).contains<int>());
    CHECK(group_in(left).count<std::exception>() == 0);
}
