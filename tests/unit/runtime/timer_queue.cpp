// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do timers fire in order, once, and at a price that does not grow?
#include "support/catch.hpp"

#include <tether/runtime/timer_queue.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using tether::detail::saturated_add;
using tether::detail::time_point;
using tether::detail::timer_node;
using tether::detail::timer_queue;

struct timer : timer_node {
    explicit timer(std::vector<int>& out, int n)
        : timer_node(&expired), out_(&out), id(n) {}
    static void expired(timer_node& node) noexcept {
        auto& self = static_cast<timer&>(node);
        self.out_->push_back(self.id);
        if (self.then)
            self.then();
    }
    std::vector<int>* out_;
    int id;
    std::function<void()> then;
};

time_point at(std::chrono::nanoseconds d) {
    return time_point{} + 1h + d;
}

} // namespace

TEST_CASE("timers fire in order of their deadlines, equal ones in order of "
          "registration") {
    std::vector<int> fired;
    timer_queue queue;
    std::deque<timer> timers;
    for (int i = 0; i != 6; ++i)
        timers.emplace_back(fired, i);
    queue.insert(timers[0], at(3s));
    queue.insert(timers[1], at(1s));
    queue.insert(timers[2], at(2s));
    queue.insert(timers[3], at(1s));
    queue.insert(timers[4], at(9s));
    queue.insert(timers[5], at(1s));
    CHECK(queue.size() == 6);
    CHECK(queue.earliest() == at(1s));
    queue.expire(at(0s));
    CHECK(fired.empty());
    queue.expire(at(1s));
    CHECK(fired == std::vector<int>{1, 3, 5});
    queue.expire(at(5s));
    CHECK(fired == std::vector<int>{1, 3, 5, 2, 0});
    CHECK(queue.size() == 1);
    CHECK(timers[4].armed());
    CHECK_FALSE(timers[0].armed());
    queue.remove(timers[4]);
    CHECK(queue.empty());
}

TEST_CASE("a callback may remove and insert timers") {
    std::vector<int> fired;
    timer_queue queue;
    std::deque<timer> timers;
    for (int i = 0; i != 4; ++i)
        timers.emplace_back(fired, i);
    queue.insert(timers[0], at(1s));
    queue.insert(timers[1], at(2s));
    queue.insert(timers[2], at(3s));
    timers[0].then = [&] {
        queue.remove(timers[1]);
        queue.insert(timers[3], at(2s));
    };
    queue.expire(at(5s));
    CHECK(fired == std::vector<int>{0, 3, 2});
    queue.remove(timers[1]); // a second time: nothing
    CHECK(queue.empty());
}

TEST_CASE("random inserts, removals and expiries agree with an ordered set") {
    std::mt19937 random(7);
    auto pick = [&](int n) {
        return std::uniform_int_distribution<int>(0, n - 1)(random);
    };
    for (int round = 0; round != 50; ++round) {
        std::vector<int> fired;
        timer_queue queue;
        std::deque<timer> timers;
        for (int i = 0; i != 60; ++i)
            timers.emplace_back(fired, i);
        using key = std::pair<std::pair<time_point, int>, int>;
        std::set<key> model;
        std::vector<int> expected;
        int order = 0;
        std::vector<key> where(60);
        for (int step = 0; step != 300; ++step) {
            int const id = pick(60);
            timer& t = timers[static_cast<std::size_t>(id)];
            if (pick(10) == 0) {
                time_point const now =
                    at(std::chrono::milliseconds(pick(1000)));
                queue.expire(now);
                while (!model.empty() && model.begin()->first.first <= now) {
                    expected.push_back(model.begin()->second);
                    model.erase(model.begin());
                }
            } else if (t.armed()) {
                queue.remove(t);
                model.erase(where[static_cast<std::size_t>(id)]);
            } else {
                time_point const due =
                    at(std::chrono::milliseconds(pick(1000)));
                queue.insert(t, due);
                key const k{{due, order++}, id};
                where[static_cast<std::size_t>(id)] = k;
                model.insert(k);
            }
        }
        queue.expire(at(1h));
        for (auto const& k : model)
            expected.push_back(k.second);
        REQUIRE(fired == expected);
        REQUIRE(queue.empty());
    }
}

TEST_CASE("10^5 timers in random order fire once each, earliest first") {
    // How the cost grows is a benchmark's affair (W5), not a test's.
    std::size_t const n = 100'000;
    std::vector<int> fired;
    fired.reserve(n);
    timer_queue queue;
    std::deque<timer> timers;
    for (std::size_t i = 0; i != n; ++i)
        timers.emplace_back(fired, static_cast<int>(i));
    std::mt19937 random(1);
    for (timer& t : timers)
        queue.insert(t, at(std::chrono::nanoseconds(random() % 1'000'000)));
    for (std::size_t i = 0; i < n; i += 2)
        queue.remove(timers[i]);
    queue.expire(at(1h));
    CHECK(queue.empty());
    REQUIRE(fired.size() == n / 2);
    std::size_t disordered = 0;
    for (std::size_t i = 1; i != fired.size(); ++i) {
        auto const& before = timers[static_cast<std::size_t>(fired[i - 1])];
        auto const& after = timers[static_cast<std::size_t>(fired[i])];
        if (after.due() < before.due())
            ++disordered;
    }
    CHECK(disordered == 0);
}

TEST_CASE("deadlines near the end of time saturate") {
    time_point const now = at(0s);
    CHECK(saturated_add(now, 5s) == now + 5s);
    CHECK(saturated_add(now, std::chrono::hours::max()) == time_point::max());
    CHECK(saturated_add(now, std::chrono::nanoseconds::max()) ==
          time_point::max());
    CHECK(saturated_add(now, std::chrono::duration<double>(1e300)) ==
          time_point::max());
    CHECK(saturated_add(now, std::chrono::duration<double>(0.5)) ==
          now + 500ms);
}
