// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does a page lead to? Its links, found by an HTML parser.
#ifndef TETHER_EXAMPLES_CRAWLER_LINKS_HPP
#define TETHER_EXAMPLES_CRAWLER_LINKS_HPP

#include "http/url.hpp"

#include <string_view>
#include <vector>

namespace crawler {

/// The addresses that the `a` and `area` elements of `html` lead to.
///
/// Parameters: `page` is the canonical address of the page; a `base` element in
/// it is honoured.
/// Result: canonical addresses in document order, each once.
[[nodiscard]] std::vector<web::urls::url>
extract_links(web::urls::url const& page, std::string_view html);

} // namespace crawler

#endif
