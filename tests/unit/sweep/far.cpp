// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does work on other executors and on threads stand every stop, every fault
/// and every order? The other loops are strands of the same context and the
/// threads work one at a time, so that all is repeatable.
#include "everywhere.hpp"

#include <tether/thread/from_thread.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/spawn_on.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/strand.hpp>

#include <utility>

namespace {

using namespace tether_test;

task<int> there(world& w, life& parent, int value) {
    life const me(w, &parent);
    co_await checkpoint();
    co_return value;
}

boost::asio::any_io_executor a_strand() {
    return boost::asio::make_strand(this_task::executor());
}
boost::asio::any_io_executor home() {
    return this_task::executor();
}

// A function, and a coroutine with children.
template<auto There>
task<> sent_away(world& w) {
    life me(w);
    auto const strand = There();
    int const one = co_await run_on(strand, [&] {
        life const inside(w, &me);
        return 1;
    });
    auto tree = [&]() -> task<int> {
        life here(w, &me);
        int sum = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto first = group.spawn(there, std::ref(w), std::ref(here), 2);
            auto second = group.spawn(there, std::ref(w), std::ref(here), 3);
            sum += co_await first;
            sum += co_await second;
        });
        co_return sum;
    };
    require(one + co_await run_on(strand, tree) == 6, "the values come home");
}

// Children of one group on up to three loops.
template<auto There>
task<> children(world& w) {
    life me(w);
    auto const left = There();
    auto const right = There();
    int sum = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto one = spawn_on(group, left, there, std::ref(w), std::ref(me), 1);
        auto two = spawn_on(group, right, there, std::ref(w), std::ref(me), 2);
        auto here = group.spawn(work, std::ref(w), std::ref(me), 4);
        sum += co_await one;
        sum += co_await two;
        sum += co_await here;
    });
    require(sum == 7, "all children have their value");
}

// Two calls share a token, and their threads reach back into the tree.
task<> on_threads(world& w) {
    life me(w);
    capacity_limiter one(1);
    int sum = 0;
    auto const call = [&](life& parent, int value) -> task<int> {
        life here(w, &parent);
        auto const back = [&]() -> task<int> {
            life const inside(w, &here);
            co_await checkpoint();
            co_return value;
        };
        std::vector<int> kept(1, value);
        std::vector<int> const both = co_await to_thread(
            {.limiter = &one},
            [&](std::vector<int> v) {
                from_thread::check_cancelled();
                v.push_back(from_thread::run(back));
                return v;
            },
            std::move(kept));
        co_return both.at(0) + both.at(1);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        auto first = group.spawn(call, std::ref(me), 1);
        auto second = group.spawn(call, std::ref(me), 2);
        sum += co_await first;
        sum += co_await second;
    });
    require(sum == 6, "both results come home");
    require(one.statistics().borrowed == 0, "the token comes back");
}

} // namespace

// Without memory make_strand() of Asio 1.26 locks a mutex that is not there;
// the faults are those of work that is sent to the loop it comes from.
TEST_CASE("TH21 run_on: every stop, fault and order") {
    everywhere(sent_away<a_strand>, 200, false);
    everywhere(sent_away<home>);
}

TEST_CASE("TH20 spawn_on: every stop, fault and order") {
    everywhere(children<a_strand>, 200, false);
    everywhere(children<home>);
}

TEST_CASE("TH02 to_thread: every stop, fault and order") {
    everywhere(on_threads, 50);
}
