// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "statistics.hpp"

#include <algorithm>

namespace crawler {

void statistics::add(page_record const& page) {
    if (!page.error.empty())
        ++failed_;
    else if (!page.redirect_to.empty())
        ++redirected_;
    else
        ++fetched_;
    retries_ += page.tries > 1 ? page.tries - 1 : 0;
    bytes_ += page.bytes;
    ++by_status_[page.status];
    if (page.status != 0)
        latencies_.push_back(page.latency);
}

std::chrono::microseconds statistics::percentile(unsigned percent) const {
    if (latencies_.empty())
        return {};
    // The nearest rank: a value that was measured, never one in between.
    std::size_t const rank = (latencies_.size() * percent + 99) / 100;
    auto sorted = latencies_;
    auto const at =
        sorted.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

} // namespace crawler
