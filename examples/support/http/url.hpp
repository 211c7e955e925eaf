// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does an address mean to an HTTP program? Canonical spelling, origin,
/// and links relative to a page; the parsing is Boost.URL's.
#ifndef TETHER_EXAMPLES_HTTP_URL_HPP
#define TETHER_EXAMPLES_HTTP_URL_HPP

#include <boost/url/url.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace web {

namespace urls = boost::urls;

/// A text that is no http:// or https:// address; what() is one line.
class malformed_url : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Where a connection goes to.
///
/// Invariant: `scheme` is "http" or "https"; `host` is without brackets and
/// lower case; `port` is not 0.
struct origin {
    std::string scheme;
    std::string host;
    unsigned short port = 0;

    friend bool operator==(origin const&, origin const&) = default;

    /// What goes into the Host field: the port only where it is not the
    /// scheme's own.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string to_string() const;
};

/// Parses an absolute http(s) address and brings it into canonical form: one
/// spelling per page, without fragment and default port.
///
/// Errors: malformed_url.
[[nodiscard]] urls::url parse_url(std::string_view text);

/// Resolves a link as it stands in a page.
///
/// Parameters: `base` is canonical.
/// Result: the canonical address; none for links that lead to no page of the
/// web: mailto:, javascript:, garbage.
[[nodiscard]] std::optional<urls::url> resolve_link(urls::url const& base,
                                                    std::string_view link);

/// The origin of a canonical address.
[[nodiscard]] origin origin_of(urls::url const& url);

/// Path and query of a canonical address: what a request asks for.
[[nodiscard]] std::string target_of(urls::url const& url);

} // namespace web

#endif
