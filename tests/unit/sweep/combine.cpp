// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do the combinators stand every stop, every fault and every order?
#include "everywhere.hpp"

#include <array>
#include <tuple>

namespace {

using namespace tether_test;

task<> all_of(world& w) {
    life me(w);
    auto const all =
        co_await when_all(work(w, me, 1), work(w, me, 2), work(w, me, 1));
    require(std::get<1>(all) == 2, "when_all keeps the order of its legs");
    std::vector<task<int>> legs;
    for (int i = 0; i < 3; ++i)
        legs.push_back(work(w, me, i));
    auto const values = co_await when_all(std::move(legs));
    require(values == std::vector<int>{0, 1, 2}, "when_all of a range");
}

task<> one_of_all_fails(world& w) {
    life me(w);
    try {
        auto const all = co_await when_all(work(w, me, 5), failing(w, me, 1));
        static_cast<void>(all);
    } catch (exception_group const& group) {
        if (group.size() != 1)
            throw;
    }
}

task<> settled(world& w) {
    life me(w);
    auto const ends = co_await when_all_settled(
        work(w, me, 1), failing(w, me, 1), work(w, me, 0));
    require(std::get<1>(ends).error() != nullptr, "an outcome per leg");
    std::vector<task<int>> legs;
    legs.push_back(failing(w, me, 0));
    legs.push_back(work(w, me, 1));
    auto const values = co_await when_all_settled(std::move(legs));
    require(values.size() == 2 && values[0].error() != nullptr,
            "an outcome per leg of a range");
}

task<> first(world& w) {
    life me(w);
    int const got =
        co_await race(work(w, me, 3), work(w, me, 1), work(w, me, 1));
    require(got == 1 || got == 3, "race gives the value of a leg");
    std::vector<task<int>> legs;
    for (int i = 1; i < 4; ++i)
        legs.push_back(work(w, me, i));
    auto const won = co_await race(std::move(legs));
    static_cast<void>(won);
}

task<> any(world& w) {
    life me(w);
    int const got = co_await any_success(failing(w, me, 1), work(w, me, 2),
                                         failing(w, me, 2));
    require(got == 2, "any_success gives the value");
    std::vector<task<int>> legs;
    legs.push_back(failing(w, me, 0));
    legs.push_back(work(w, me, 1));
    int const won = co_await any_success(std::move(legs));
    require(won == 1, "any_success of a range");
}

task<> two_of(world& w) {
    life me(w);
    std::vector<task<int>> legs;
    for (int i = 1; i < 4; ++i)
        legs.push_back(work(w, me, i % 2));
    auto const two = co_await quorum(2, std::move(legs));
    require(two.size() == 2, "quorum gives as many values as asked");
    auto const one = co_await quorum(1, failing(w, me, 0), work(w, me, 1));
    require(one == std::vector<int>{1}, "quorum of a pack");
}

task<> hedged(world& w) {
    life me(w);
    int const got =
        co_await hedge(1ms, work(w, me, 3), failing(w, me, 1), work(w, me, 1));
    static_cast<void>(got);
    std::vector<task<int>> attempts;
    attempts.push_back(failing(w, me, 0));
    attempts.push_back(work(w, me, 1));
    int const second = co_await hedge(1ms, std::move(attempts));
    require(second == 1, "hedge of a range");
}

task<> mapped(world& w) {
    life me(w);
    std::vector<int> const in{3, 1, 2, 1};
    auto fn = [&](int i) -> task<int> { return work(w, me, i); };
    auto const out = co_await map_concurrent(in, 2, fn);
    require(out == in, "map_concurrent keeps the order of its input");
}

task<> for_each(world& w) {
    life me(w);
    std::array<int, 4> const in{1, 0, 2, 1};
    int sum = 0;
    auto fn = [&](int i) -> task<> { sum += co_await work(w, me, i); };
    co_await for_each_concurrent(in, 3, fn);
    require(sum == 4, "for_each_concurrent calls for each");
}

task<> nested(world& w) {
    life me(w);
    int const got = co_await any_success(
        race(failing(w, me, 3), failing(w, me, 2)),
        then(when_all(work(w, me, 1), work(w, me, 2)),
             [](auto const& both) { return std::get<1>(both); }));
    require(got == 2, "nested combinators");
}

} // namespace

TEST_CASE("TE17 when_all, swept") {
    everywhere(all_of);
    everywhere(one_of_all_fails);
}
TEST_CASE("TE17 when_all_settled, swept") {
    everywhere(settled);
}
TEST_CASE("TE17 race and any_success, swept") {
    everywhere(first);
    everywhere(any);
}
TEST_CASE("TE17 quorum and hedge, swept") {
    everywhere(two_of);
    everywhere(hedged);
}
TEST_CASE("TE17 map_concurrent and for_each_concurrent, swept") {
    everywhere(mapped);
    everywhere(for_each);
}
TEST_CASE("TE17 combinators in combinators, swept") {
    everywhere(nested);
}
