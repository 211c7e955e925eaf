// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the user see of a crawl? Texts only; who prints them where is the
/// application's affair.
#ifndef TETHER_EXAMPLES_CRAWLER_REPORT_HPP
#define TETHER_EXAMPLES_CRAWLER_REPORT_HPP

#include "crawl.hpp"

#include <chrono>
#include <string>

namespace crawler {

/// One line without a line break: "128 pages   41.2/s   20 in flight   3
/// errors".
[[nodiscard]] std::string progress_line(crawl const& job,
                                        std::chrono::duration<double> elapsed);

/// The table at the end: pages, statuses, bytes, latencies.
[[nodiscard]] std::string summary_table(crawl const& job,
                                        std::chrono::duration<double> elapsed);

/// The failed pages as a tree; empty if there are none.
[[nodiscard]] std::string failure_tree(crawl const& job);

/// "1.4 ms", "82.0 kB": three digits and a unit.
[[nodiscard]] std::string format_latency(std::chrono::microseconds time);
[[nodiscard]] std::string format_bytes(std::size_t bytes);

} // namespace crawler

#endif
