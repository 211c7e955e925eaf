// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is known of a page after its last try, and how does it look in the
/// results?
#ifndef TETHER_EXAMPLES_CRAWLER_PAGE_RECORD_HPP
#define TETHER_EXAMPLES_CRAWLER_PAGE_RECORD_HPP

#include <chrono>
#include <cstddef>
#include <string>

namespace crawler {

struct page_record {
    std::string url;
    unsigned status = 0; ///< of the last response; 0 if there was none
    std::size_t bytes = 0;
    std::chrono::microseconds latency{0}; ///< of the last response
    unsigned tries = 0;
    std::size_t links = 0;   ///< addresses that the page leads to
    std::string redirect_to; ///< empty if it does not redirect
    std::string error;       ///< empty if the page was fetched
};

/// One JSON object without a line break.
[[nodiscard]] std::string to_json_line(page_record const& page);

} // namespace crawler

#endif
