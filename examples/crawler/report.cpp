// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "report.hpp"

#include <tether/core/format_error.hpp>

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace crawler {
namespace {

// Rows of label, key and value; the label stands in the first row of a section.
class table {
public:
    void section(std::string_view label) { label_ = label; }
    void row(std::string_view key, std::string const& value) {
        fmt::format_to(std::back_inserter(text_), "{:<9} {:<12} {:>12}\n",
                       label_, key, value);
        label_ = {};
    }
    void row(std::string_view key, std::size_t value) {
        row(key, fmt::format("{}", value));
    }
    std::string text() && { return std::move(text_); }

private:
    std::string_view label_;
    std::string text_;
};

double rate(crawl const& job, std::chrono::duration<double> elapsed) {
    double const seconds = elapsed.count();
    return seconds > 0 ? static_cast<double>(job.counts().done()) / seconds : 0;
}

} // namespace

std::string progress_line(crawl const& job,
                          std::chrono::duration<double> elapsed) {
    return fmt::format("{} pages   {:.1f}/s   {} in flight   {} errors",
                       job.counts().done(), rate(job, elapsed), job.in_flight(),
                       job.counts().failed());
}

std::string summary_table(crawl const& job,
                          std::chrono::duration<double> elapsed) {
    statistics const& counts = job.counts();
    table rows;
    rows.section("pages");
    rows.row("fetched", counts.fetched());
    rows.row("redirected", counts.redirected());
    rows.row("failed", counts.failed());
    rows.row("unfinished", job.unfinished());
    rows.section("status");
    for (auto const& [status, pages] : counts.by_status())
        if (status != 0)
            rows.row(fmt::format("{}", status), pages);
    if (auto const none = counts.by_status().find(0);
        none != counts.by_status().end())
        rows.row("no response", none->second);
    rows.section("bytes");
    rows.row("bodies", format_bytes(counts.bytes()));
    rows.section("latency");
    for (unsigned const percent : {50u, 90u, 99u})
        rows.row(fmt::format("p{}", percent),
                 format_latency(counts.percentile(percent)));
    rows.section("retries");
    rows.row("", counts.retries());
    rows.section("time");
    rows.row("", fmt::format("{:.2f} s", elapsed.count()));
    rows.row("", fmt::format("{:.1f} pages/s", rate(job, elapsed)));
    return std::move(rows).text();
}

std::string failure_tree(crawl const& job) {
    if (!job.failures())
        return {};
    tether::format_options all;
    all.width = 50;
    return tether::format_error(*job.failures(), all) + '\n';
}

std::string format_latency(std::chrono::microseconds time) {
    auto const us = static_cast<double>(time.count());
    if (us < 1e6)
        return fmt::format("{:.1f} ms", us / 1e3);
    return fmt::format("{:.2f} s", us / 1e6);
}

std::string format_bytes(std::size_t bytes) {
    auto const count = static_cast<double>(bytes);
    if (count < 1e3)
        return fmt::format("{} B", bytes);
    if (count < 1e6)
        return fmt::format("{:.1f} kB", count / 1e3);
    return fmt::format("{:.1f} MB", count / 1e6);
}

} // namespace crawler
