// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "core_test.hpp"
#include "support/catch.hpp"

#include <tether/core/derived_exception_group.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace core_test;
using tether::derived_exception_group;
using tether::exception_group;
using tether::merge;
using member_init = exception_group::member_init;

namespace {

exception_group sample() {
    return group("top", {runtime("a"), logic("x"),
                         group_ptr("in", {logic("y"), runtime("b"),
                                          group_ptr("deep", {logic("z")})}),
                         runtime("c")});
}

// Carries a field and survives splitting.
struct batch_failed : derived_exception_group<batch_failed> {
    batch_failed(exception_group plain, int number)
        : derived_exception_group(std::move(plain)), batch(number) {}
    batch_failed derive(exception_group part) const {
        return batch_failed(std::move(part), batch);
    }
    int batch;
};

// Does not say how to dress a part.
struct plain_subclass : exception_group {
    using exception_group::exception_group;
};

} // namespace

TEST_CASE("EG08 subgroup keeps matching leaves in their nesting") {
    CHECK(shape(sample().subgroup<std::logic_error>()) ==
          "top[x, in[y, deep[z]]]");
    CHECK(shape(sample().subgroup<std::runtime_error>()) == "top[a, in[b], c]");
    CHECK(shape(sample().subgroup<std::system_error>()) == "none");
}

TEST_CASE("EG09 when everything matches the same group comes back") {
    exception_group const g = sample();
    CHECK(g.subgroup<std::exception>()->same_as(g));
    CHECK(g.subgroup<std::logic_error, std::runtime_error>()->same_as(g));
    auto const halves = g.split<std::system_error>();
    CHECK_FALSE(halves.match);
    CHECK(halves.rest->same_as(g));

    // An inner group that matches whole is the same object as well.
    std::exception_ptr const inner = group_ptr("in", {logic("x")});
    auto const part =
        group("top", {runtime("a"), inner}).subgroup<std::logic_error>();
    CHECK(part->begin()->error() == inner);
}

TEST_CASE("EG10 a predicate may take an inner group as a whole") {
    int asked = 0;
    auto const match = sample().subgroup([&](std::exception_ptr const& e) {
        ++asked;
        try {
            std::rethrow_exception(e);
        } catch (exception_group const& inner) {
            return inner.message() == "in";
        } catch (...) {
            return false;
        }
    });
    CHECK(shape(match) == "top[in[y, b, deep[z]]]");
    CHECK(asked == 4);

    auto const typed = sample().subgroup<std::logic_error>(
        [](std::logic_error const& e) { return e.what() != std::string("y"); });
    CHECK(shape(typed) == "top[x, in[deep[z]]]");
}

TEST_CASE("EG11 split partitions the leaves and keeps their order") {
    auto const halves = sample().split<std::logic_error>();
    CHECK(shape(halves.match) == "top[x, in[y, deep[z]]]");
    CHECK(shape(halves.rest) == "top[a, in[b], c]");
    CHECK(halves.match->count<std::exception>() +
              halves.rest->count<std::exception>() ==
          sample().count<std::exception>());
    auto const all =
        sample().split([](std::exception_ptr const&) { return true; });
    CHECK(all.match);
    CHECK_FALSE(all.rest);
}

TEST_CASE("EG12 several types are an or") {
    exception_group const g =
        group("g", {ptr(std::out_of_range("o")), ptr(1), runtime("a"),
                    ptr(std::range_error("r"))});
    auto const halves = g.split<std::out_of_range, std::range_error, int>();
    CHECK(shape(halves.match) == "g[o, ?, r]");
    CHECK(shape(halves.rest) == "g[a]");
}

TEST_CASE("EG13 a type matches what derives from it, as catch does") {
    struct mixin {
        virtual ~mixin() = default;
    };
    struct mixed : std::runtime_error, mixin {
        mixed() : std::runtime_error("mixed") {}
    };
    struct hidden : private std::runtime_error {
        hidden() : std::runtime_error("hidden") {}
    };
    exception_group const g =
        group("g", {ptr(std::range_error("r")), ptr(mixed()), ptr(hidden())});
    CHECK(g.count<std::runtime_error>() == 2);
    CHECK(g.count<mixin>() == 1);
    CHECK(g.count<hidden>() == 1);
    CHECK(g.contains_foreign());
}

TEST_CASE("EG14 both halves keep message, nesting, notes, cause and name") {
    auto const where = std::source_location::current();
    member_init noted(runtime("a"), "task a", where);
    noted.notes = {"about a"};
    noted.cause = logic("why a");
    exception_group const inner =
        exception_group("in", {noted, member_init(logic("x"))})
            .with_note("about in")
            .with_context(runtime("while in"));
    auto const halves = group("top", {ptr(inner)})
                            .with_note("about top")
                            .split<std::logic_error>();
    CHECK(halves.match->notes()[0] == "about top");
    CHECK(halves.rest->notes()[0] == "about top");
    exception_group const& match = *halves.match->begin()->group();
    exception_group const& rest = *halves.rest->begin()->group();
    CHECK(match.notes()[0] == "about in");
    CHECK(rest.notes()[0] == "about in");
    CHECK(rest.context<std::runtime_error>());
    CHECK(rest.message() == "in");
    exception_group::member const a = *rest.begin();
    CHECK(a.task_name() == "task a");
    CHECK(a.spawn_site().line() == where.line());
    CHECK(a.notes()[0] == "about a");
    CHECK(a.cause() == noted.cause);
}

TEST_CASE("EG15 a note on one half is not on the other nor on the whole") {
    exception_group const whole = sample().with_note("first");
    auto const halves = whole.split<std::logic_error>();
    exception_group const match = halves.match->with_note("second");
    CHECK(match.notes().size() == 2);
    CHECK(match.notes()[1] == "second");
    CHECK(halves.match->notes().size() == 1);
    CHECK(halves.rest->notes().size() == 1);
    CHECK(whole.notes().size() == 1);
}

TEST_CASE("EG16 a group that derives keeps its type and fields in parts") {
    batch_failed const batch(sample(), 7);
    auto const halves = batch.split<std::logic_error>();
    static_assert(
        std::is_same_v<decltype(halves.match->derive(sample())), batch_failed>);
    CHECK(halves.match->batch == 7);
    CHECK(shape(*halves.rest) == "top[a, in[b], c]");
    CHECK(batch.subgroup<std::exception>()->same_as(batch));

    // As an inner group, reached through exception_ptr.
    auto const outer =
        group("outer", {ptr(batch)}).subgroup<std::logic_error>();
    REQUIRE(outer->first<batch_failed>());
    CHECK(outer->first<batch_failed>()->batch == 7);
    CHECK(shape(outer) == "outer[top[x, in[y, deep[z]]]]");

    exception_group const plain = group(
        "outer",
        {ptr(plain_subclass("sub", std::vector{runtime("a"), logic("x")}))});
    CHECK(plain.contains<plain_subclass>());
    CHECK_FALSE(plain.subgroup<std::logic_error>()->contains<plain_subclass>());
    CHECK(shape(plain.subgroup<std::logic_error>()) == "outer[sub[x]]");
}

TEST_CASE("EG19 merging halves of one group restores the original order") {
    exception_group const g = sample();
    auto const halves = g.split<std::logic_error>();
    CHECK(merge(*halves.match, *halves.rest).same_as(g));
    CHECK(merge(*halves.rest, *halves.match).same_as(g));

    auto const some = halves.match->split([](std::exception_ptr const& e) {
        return tether::detail::what_of(e) == "y";
    });
    CHECK(shape(merge(*some.match, *halves.rest)) == "top[a, in[y, b], c]");
    CHECK(shape(merge(*halves.rest, halves.rest->with_note("seen"))) ==
          "top[a, in[b], c]");

    // Only parts of the same group are put together.
    exception_group const apart = merge(*halves.match, sample());
    CHECK(apart.size() == 2);
    CHECK(apart.count<std::logic_error>() == 6);
}

TEST_CASE("EG19 merging keeps the type of an inner group and later notes") {
    exception_group const g =
        group("outer", {ptr(batch_failed(sample(), 7)), runtime("q")});
    auto const first = g.split<std::logic_error>();
    auto const second = first.rest->split([](std::exception_ptr const& e) {
        return tether::detail::what_of(e) == "b";
    });
    exception_group const merged =
        merge(*first.match, second.match->with_note("seen"));
    CHECK(shape(merged) == "outer[top[x, in[y, b, deep[z]]]]");
    CHECK(merged.first<batch_failed>()->batch == 7);
    REQUIRE(merged.notes().size() == 1);
    CHECK(merged.notes()[0] == "seen");
}

TEST_CASE("EG05 splitting and merging 10^5 nested groups does not recurse") {
    exception_group const g = group_in(nested(100'000));
    auto const halves = g.split<std::logic_error>();
    CHECK(halves.match->count<std::exception>() == 1);
    CHECK(halves.rest->count<std::exception>() == 1);
    CHECK(merge(*halves.rest, *halves.match).same_as(g));
}

TEST_CASE("EG31 merging does not make one error a leaf twice") {
    exception_group const g = sample();
    CHECK(merge(g, g).same_as(g));
    auto const half = *g.subgroup<std::logic_error>();
    CHECK(merge(half, g).same_as(g));
    CHECK(shape(merge(half, half)) == shape(half));
}

// Anything else does not compile: tests/compile_fail/snippets.
TEST_CASE("EG17 parts of a derived group are what derive returns") {
    using part = decltype(std::declval<batch_failed const&>().subgroup<int>());
    STATIC_REQUIRE(std::is_same_v<part, std::optional<batch_failed>>);
    using halves = decltype(std::declval<batch_failed const&>().split<int>());
    STATIC_REQUIRE(
        std::is_same_v<decltype(halves::match), std::optional<batch_failed>>);
    STATIC_REQUIRE(
        std::is_same_v<decltype(halves::rest), std::optional<batch_failed>>);
}
