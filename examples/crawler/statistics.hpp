// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a crawl amount to in numbers?
#ifndef TETHER_EXAMPLES_CRAWLER_STATISTICS_HPP
#define TETHER_EXAMPLES_CRAWLER_STATISTICS_HPP

#include "page_record.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

namespace crawler {

/// Counts of the pages that are done.
class statistics {
public:
    void add(page_record const& page);

    [[nodiscard]] std::size_t fetched() const noexcept { return fetched_; }
    [[nodiscard]] std::size_t redirected() const noexcept {
        return redirected_;
    }
    [[nodiscard]] std::size_t failed() const noexcept { return failed_; }
    [[nodiscard]] std::size_t done() const noexcept {
        return fetched_ + redirected_ + failed_;
    }
    /// Tries beyond the first of each page.
    [[nodiscard]] std::size_t retries() const noexcept { return retries_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// Pages by the status of their last response; 0 counts those without one.
    [[nodiscard]] std::map<unsigned, std::size_t> const&
    by_status() const noexcept {
        return by_status_;
    }
    /// The smallest latency that `percent` of the responses do not exceed;
    /// zero without responses.
    [[nodiscard]] std::chrono::microseconds percentile(unsigned percent) const;

private:
    std::size_t fetched_ = 0;
    std::size_t redirected_ = 0;
    std::size_t failed_ = 0;
    std::size_t retries_ = 0;
    std::size_t bytes_ = 0;
    std::map<unsigned, std::size_t> by_status_;
    std::vector<std::chrono::microseconds> latencies_;
};

} // namespace crawler

#endif
