// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How long does a page wait for its next try?
#ifndef TETHER_EXAMPLES_CRAWLER_BACKOFF_HPP
#define TETHER_EXAMPLES_CRAWLER_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace crawler {

/// Exponential backoff with jitter: 100 ms, 200 ms, 400 ms ... up to 5 s, each
/// shortened by up to a half at random, so that pages that failed together do
/// not come back together.
class backoff {
public:
    explicit backoff(std::uint64_t seed) : random_(seed) {}

    /// Parameters: `failures` of the page so far, at least 1.
    [[nodiscard]] std::chrono::milliseconds after(unsigned failures) {
        std::uint64_t const doubled = std::uint64_t(100)
                                      << std::min(failures - 1, 6u);
        std::uint64_t const full = std::min<std::uint64_t>(doubled, 5000);
        return std::chrono::milliseconds(full - random_() % (full / 2 + 1));
    }

private:
    std::mt19937_64 random_;
};

} // namespace crawler

#endif
