// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is a page of the embedded site, and how does its HTML look?
#ifndef TETHER_EXAMPLES_CRAWLER_SITE_PAGE_HPP
#define TETHER_EXAMPLES_CRAWLER_SITE_PAGE_HPP

#include "http/message.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace crawler {

/// How a page of the site answers.
enum class behaviour {
    plain,
    slow,       ///< after a delay
    missing,    ///< 404, always
    recovering, ///< an error status at first, a page later
    silent,     ///< never
    truncated,  ///< closes in the middle of the body, always
    redirect,   ///< to another page
};

struct site_page {
    std::string path;
    behaviour how = behaviour::plain;
    std::chrono::milliseconds delay{0};
    web::status error = web::status::ok; ///< what a recovering page says
    unsigned errors = 0;                 ///< ... and how often
    std::string location;                ///< where a redirect leads
    std::vector<std::string> links;      ///< as they stand in the page
};

/// The HTML of a page: its links among much that only looks like links.
[[nodiscard]] std::string render(site_page const& page);

} // namespace crawler

#endif
