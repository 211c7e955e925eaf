// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What did the user ask for? The command line, checked.
#ifndef TETHER_EXAMPLES_CRAWLER_OPTIONS_HPP
#define TETHER_EXAMPLES_CRAWLER_OPTIONS_HPP

#include "bad_input.hpp"
#include "http/url.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace crawler {

struct options {
    std::optional<web::urls::url> url; ///< none: crawl the embedded site
    std::size_t concurrency = 20;
    double rate = 1000; ///< requests per second to a host
    std::chrono::milliseconds timeout{2000};
    std::chrono::milliseconds deadline{60000};
    unsigned retries = 2;
    std::size_t max_pages = 1000;
    std::chrono::milliseconds grace{3000};
    std::optional<std::string> out;
    std::uint64_t seed = 1;
    bool help = false;
};

/// Parameters: the arguments without the name of the program.
/// Errors: bad_input, which names the option and says what it takes.
[[nodiscard]] options parse_options(std::vector<std::string> const& arguments);

/// The text of --help.
[[nodiscard]] std::string help_text();

} // namespace crawler

#endif
