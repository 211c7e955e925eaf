// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which random programs does a test run? TETHER_SEEDS of them (500) and one
/// that nobody has seen; TETHER_SEED replays one.
#ifndef TETHER_TESTS_SUPPORT_SEEDS_HPP
#define TETHER_TESTS_SUPPORT_SEEDS_HPP

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace tether_test {

inline std::uint64_t number_from(char const* name, std::uint64_t otherwise) {
    char const* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// difference(seed) is empty when library and model agree.
template<class F>
void for_each_seed(F difference) {
    if (std::getenv("TETHER_SEED")) {
        CHECK(difference(number_from("TETHER_SEED", 0)) == "");
        return;
    }
    std::uint64_t const count = number_from("TETHER_SEEDS", 500);
    for (std::uint64_t seed = 1; seed <= count; ++seed)
        REQUIRE(difference(seed) == "");
    std::uint64_t const fresh = std::random_device()();
    std::cout << "fresh seed: TETHER_SEED=" << fresh << '\n';
    REQUIRE(difference(fresh) == "");
}

} // namespace tether_test

#endif
