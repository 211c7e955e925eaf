// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a part of the library swept? A body that uses it is stopped at each
/// checkpoint in four ways, has each allocation refused, and runs in hundreds
/// of orders, alone and with stops.
#ifndef TETHER_TESTS_UNIT_SWEEP_EVERYWHERE_HPP
#define TETHER_TESTS_UNIT_SWEEP_EVERYWHERE_HPP

#include "support/catch.hpp"
#include "support/sweeps.hpp"

#include <tether/combine.hpp>
#include <tether/core.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>
#include <tether/testing.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tether_test {

using namespace std::chrono_literals;
using namespace tether;

// What the bodies share, new for each run. Whoever is alive counts; children
// must be gone before the scope that owns them.
class world {
public:
    semaphore permits{2};
    event opened;

    bool clean() const {
        auto const now = permits.statistics();
        return alive_ == 0 && early_ == 0 && now.held == 0 &&
               now.waiting == 0 && now.available == 2;
    }

private:
    friend class life;
    int alive_ = 0;
    int early_ = 0;
};

class life {
public:
    explicit life(world& w, life* parent = nullptr)
        : world_(w), parent_(parent) {
        ++world_.alive_;
        if (parent_)
            ++parent_->children_;
    }
    life(life const&) = delete;
    life& operator=(life const&) = delete;
    ~life() {
        --world_.alive_;
        if (children_ != 0)
            ++world_.early_;
        if (parent_)
            --parent_->children_;
    }

private:
    world& world_;
    life* parent_;
    int children_ = 0;
};

// A leg or child that waits in three ways.
inline task<int> work(world& w, life& parent, int value) {
    life const me(w, &parent);
    co_await checkpoint();
    auto const held = co_await w.permits.acquire();
    co_await sleep_for(std::chrono::milliseconds(value));
    co_return value;
}

inline task<int> failing(world& w, life& parent, int after) {
    life const me(w, &parent);
    co_await sleep_for(std::chrono::milliseconds(after));
    throw std::runtime_error("failing");
}

// Throws out of the body: the sweep says where.
inline void require(bool holds, char const* what) {
    if (!holds)
        throw testing::test_failure(std::string("not so: ") + what);
}

using body = task<> (*)(world&);

// Everything but errors is checked in each run; `seeds` orders are tried.
// Without `faults` where no memory to report an error ends the program.
inline void everywhere(body play, std::size_t seeds = 200, bool faults = true) {
    using namespace tether::testing;
    std::optional<world> w;
    auto run = [&]() -> task<> {
        w.emplace();
        co_await play(*w);
    };
    auto clean = [&] { return w->clean(); };
    sweep_all_stops(run, clean, 0);
    if (faults)
        CHECK(fault_sweep(run, clean).points > 0);
    explore_with_stops(seeds, run, clean);
    explore_options options;
    options.stops = true;
    options.eager = true;
    explore(testing::seeds{seeds}, run, clean, options);
}

} // namespace tether_test

#endif
