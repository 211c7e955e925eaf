// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>

#include <iterator>
#include <ranges>
#include <source_location>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace core_test;
using tether::exception_group;
using member_init = exception_group::member_init;

static_assert(std::is_nothrow_copy_constructible_v<exception_group>);
static_assert(std::is_nothrow_copy_assignable_v<exception_group>);
static_assert(std::ranges::forward_range<exception_group const&>);
static_assert(std::ranges::forward_range<
              decltype(std::declval<exception_group&>().exceptions())>);
static_assert(std::input_iterator<tether::group_leaves::iterator>);

TEST_CASE("EG01 a group is never empty") {
    CHECK_THROWS_AS(exception_group("m", std::vector<std::exception_ptr>{}),
                    std::invalid_argument);
    CHECK_THROWS_AS(exception_group("m", std::vector<member_init>{}),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        tether::detail::make_exception_group("m", tether::detail::error_list()),
        std::invalid_argument);
}

TEST_CASE("EG02 a null exception_ptr is rejected as a member") {
    CHECK_THROWS_WITH(group("m", {runtime("a"), nullptr}),
                      tether_test::contains_text("null exception_ptr"));
    CHECK_THROWS_AS(group("m", {nullptr}), std::invalid_argument);
    CHECK_THROWS_AS(group("m", {runtime("a")}).with_context(nullptr),
                    std::invalid_argument);
}

TEST_CASE("EG03 message and members do not change with what they came from") {
    std::string message = "load";
    std::vector<std::exception_ptr> errors{runtime("a"), runtime("b")};
    exception_group const g(message, errors);
    message = "changed";
    errors.clear();
    CHECK(shape(g) == "load[a, b]");
    CHECK(g.message() == "load");

    exception_group const noted = g.with_note("n");
    CHECK(g.notes().empty());
    CHECK(noted.notes().size() == 1);
    CHECK(shape(noted) == shape(g));
    static_assert(std::is_same_v<decltype(*g.exceptions().begin()),
                                 std::exception_ptr const&>);
}

TEST_CASE("EG04 what() is the message and the number of members") {
    CHECK(std::string(group("load", {runtime("a")}).what()) ==
          "load (1 sub-exception)");
    CHECK(std::string(group("load", {runtime("a"), runtime("b")}).what()) ==
          "load (2 sub-exceptions)");
    CHECK(std::string(group("", {runtime("a")}).what()) == "(1 sub-exception)");
    std::vector<std::exception_ptr> const many(120, runtime("a"));
    CHECK(std::string(exception_group("m", many).what()) ==
          "m (120 sub-exceptions)");
}

TEST_CASE("EG05 10^5 nested groups are walked and destroyed iteratively") {
    constexpr int depth = 100'000;
    std::exception_ptr error = nested(depth);
    {
        exception_group const g = group_in(error);
        CHECK(g.count<std::runtime_error>() == 1);
        CHECK(g.contains<std::logic_error>());
        CHECK_FALSE(g.contains_foreign());
        std::size_t leaves = 0;
        std::size_t steps = 0;
        for (auto const leaf : g.leaves()) {
            ++leaves;
            steps = leaf.path().size();
        }
        CHECK(leaves == 2);
        CHECK(steps == depth + 1);
    }
    error = nullptr;

    // Also when something else sits between the levels.
    for (int i = 0; i < depth; ++i)
        error = ptr(tether::task_failed(
            group_ptr("level", {error ? error : runtime("bottom")})));
    error = nullptr;
    CHECK(tether::detail::dead_groups.head == nullptr);
}

TEST_CASE("EG06 copies share one state and outlive the original") {
    std::optional<exception_group> original = group("load", {runtime("a")});
    exception_group const copy = *original;
    CHECK(copy.same_as(*original));
    CHECK(copy.what() == original->what());
    CHECK_FALSE(copy.same_as(group("load", {runtime("a")})));

    exception_group const moved = std::move(*original);
    CHECK(shape(*original) == "load[a]");
    original.reset();
    CHECK(shape(copy) == "load[a]");

    exception_group assigned = group("other", {runtime("b")});
    assigned = copy;
    assigned = *&assigned;
    CHECK(assigned.same_as(moved));
}

TEST_CASE("EG07 what is no std::exception is a member, and is flagged") {
    exception_group const g =
        group("g", {runtime("a"), group_ptr("in", {ptr(42)})});
    CHECK(g.contains_foreign());
    CHECK(g.contains<int>());
    CHECK(*g.first<int>() == 42);
    CHECK_FALSE(g.contains<long>());
    CHECK_FALSE(group("g", {runtime("a")}).contains_foreign());
    CHECK(group("g", {ptr(tether::forced_exit(2))}).contains_foreign());
    CHECK(group("g", {ptr<char const*>("text")}).contains<char const*>());
}

TEST_CASE("EG18 leaves() goes depth first, left to right, and gives the path") {
    exception_group const g = group(
        "top",
        {runtime("a"),
         group_ptr("in", {runtime("b"), group_ptr("deep", {runtime("c")})}),
         runtime("d")});
    std::string seen;
    for (auto const leaf : g.leaves()) {
        for (tether::group_path_step const& step : leaf.path()) {
            seen += step.group().message();
            seen += '/';
            seen += std::to_string(step.index());
            seen += ' ';
        }
        seen += leaf.as<std::runtime_error>()->what();
        seen += '\n';
    }
    CHECK(seen == "top/0 a\n"
                  "top/1 in/0 b\n"
                  "top/1 in/1 deep/0 c\n"
                  "top/2 d\n");
}

TEST_CASE("EG33 contains, first and count look through all levels") {
    exception_group const g =
        group("g", {logic("x"),
                    group_ptr("in", {runtime("a"), ptr(std::range_error("b"))}),
                    runtime("c")});
    CHECK(g.contains<std::range_error>());
    CHECK_FALSE(g.contains<std::overflow_error>());
    CHECK(g.contains<std::overflow_error, std::logic_error>());
    CHECK(g.count<std::runtime_error>() == 3);
    CHECK(g.count<std::exception>() == 4);
    CHECK(g.count<std::range_error, std::logic_error>() == 2);
    CHECK(g.count<exception_group>() == 1);
    CHECK(std::string(g.first<std::runtime_error>()->what()) == "a");
    CHECK(g.first<std::overflow_error>() == nullptr);
}

TEST_CASE("EG36 copies of a group are usable from two threads at once") {
    std::exception_ptr error =
        group_ptr("g", {runtime("a"), group_ptr("in", {ptr(1), logic("b")})});
    std::size_t counts[2] = {};
    {
        exception_group const g = group_in(error);
        std::thread other([g, &counts] {
            counts[0] =
                g.split<std::logic_error>().rest->count<std::runtime_error>();
        });
        counts[1] = g.count<std::exception>();
        other.join();
    }
    CHECK(counts[0] == 1);
    CHECK(counts[1] == 2);
    std::thread([last = std::exchange(error, nullptr)] {}).join();
}

TEST_CASE("EG41 a context is carried beside the members, also by parts") {
    exception_group const g =
        group("g", {runtime("cleanup failed"), logic("x")})
            .with_context(ptr(tether::timeout_error("fetch")));
    REQUIRE(g.context<tether::timeout_error>());
    CHECK(g.context<tether::timeout_error>()->scope() == "fetch");
    CHECK(g.context<std::logic_error>() == nullptr);
    CHECK_FALSE(g.contains<tether::timeout_error>());
    CHECK(g.size() == 2);
    auto const halves = g.split<std::logic_error>();
    CHECK(halves.match->context<tether::timeout_error>());
    CHECK(halves.rest->context<tether::timeout_error>());
}

TEST_CASE("EG42 the trigger is marked although the order is another") {
    auto const where = std::source_location::current();
    exception_group const g("g",
                            {member_init(runtime("second"), "b"),
                             member_init(runtime("first"), "a", where, true)});
    REQUIRE(g.trigger());
    CHECK(g.trigger()->task_name() == "a");
    CHECK(g.trigger()->spawn_site().line() == where.line());
    CHECK(shape(g) == "g[second, first]");
    CHECK_FALSE(group("g", {runtime("a")}).trigger());
    auto const part = g.subgroup([](std::exception_ptr const& e) {
        return tether::detail::what_of(e) == "first";
    });
    CHECK(part->trigger()->task_name() == "a");
}

TEST_CASE("TG36 an error keeps its dynamic type and state") {
    struct detailed : std::runtime_error {
        explicit detailed(int n) : std::runtime_error("detailed"), number(n) {}
        int number;
    };
    std::exception_ptr const error = ptr(detailed(7));
    exception_group const g = group("g", {error});
    CHECK(*g.exceptions().begin() == error);
    REQUIRE(g.first<detailed>());
    CHECK(g.first<detailed>()->number == 7);
}
