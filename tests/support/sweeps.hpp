// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test sweep a body with every kind of stop there is, and in many
/// orders?
#ifndef TETHER_TESTS_SUPPORT_SWEEPS_HPP
#define TETHER_TESTS_SUPPORT_SWEEPS_HPP

#include "support/catch.hpp"

#include <tether/testing/cancel_sweep.hpp>
#include <tether/testing/explore.hpp>

#include <cstddef>

namespace tether_test {

// A stop on entry or in the wait, of all or of one task; the body passes more
// than so many checkpoints.
template<class F, class Check>
void sweep_all_stops(F const& body, Check const& kept, std::size_t least) {
    using namespace tether::testing;
    for (auto const moment : {stop_moment::entry, stop_moment::waiting})
        for (auto const target : {stop_target::root, stop_target::task}) {
            cancel_sweep_options options;
            options.moment = moment;
            options.target = target;
            auto const report = cancel_sweep(body, kept, options);
            CHECK(report.points > least);
            CHECK(report.missed == 0);
        }
}

// Other orders of the tasks that are ready, without stops and with them.
template<class F, class Check>
void explore_with_stops(std::size_t orders, F const& body, Check const& kept) {
    using namespace tether::testing;
    for (bool const stops : {false, true}) {
        explore_options options;
        options.stops = stops;
        CHECK(explore(seeds{orders}, body, kept, options).runs >= 1);
    }
}

} // namespace tether_test

#endif
