// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>
#include <utility>

namespace web {
namespace {

unsigned short default_port(std::string_view scheme) {
    return scheme == "https" ? 443 : 80;
}

// Pages contain spaces, umlauts and braces in links; browsers escape them, the
// grammar of RFC 3986 rejects them.
std::string escaped(std::string_view link) {
    constexpr std::string_view blanks = " \t\r\n\f";
    auto const first = link.find_first_not_of(blanks);
    if (first == link.npos)
        return {};
    link = link.substr(first, link.find_last_not_of(blanks) - first + 1);

    constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (char const c : link) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '\t' || c == '\n' || c == '\r')
            continue;
        if (byte <= ' ' || byte >= 0x7f ||
            std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

// The port that is written in `url`; none if it is out of range.
std::optional<unsigned short> written_port(urls::url_view_base const& url) {
    std::string const digits(url.port());
    unsigned short port = 0;
    auto const [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() ||
        port == 0)
        return std::nullopt;
    return port;
}

// Put together from its parts: the modifying functions of Boost.URL 1.81 leave
// odd paths behind. None if no connection can be made to what `url` names.
std::optional<urls::url> canonical(urls::url url) {
    url.normalize();
    std::string const scheme(url.scheme());
    std::string const host(url.encoded_host());
    if ((scheme != "http" && scheme != "https") || host.empty() ||
        host.find('%') != host.npos) // no name of a host needs escapes
        return std::nullopt;
    std::string text = scheme + "://" + host;
    if (url.has_port() && !url.port().empty()) {
        auto const port = written_port(url);
        if (!port)
            return std::nullopt;
        if (*port != default_port(scheme))
            text += ':' + std::to_string(*port);
    }
    std::string path(url.encoded_path());
    if (!path.empty() && path.front() != '/') // "http://host:x" is taken apart
        return std::nullopt;                  // into "http://host:" and "x"
    while (path.starts_with("/../"))          // nothing is above the root
        path.erase(0, 3);
    if (path.empty() || path == "/..")
        path = "/";
    text += path;
    if (url.has_query())
        text += '?' + std::string(url.encoded_query());
    return urls::url(text);
}

} // namespace

std::string origin::authority() const {
    bool const v6 = host.find(':') != std::string::npos;
    std::string out = v6 ? '[' + host + ']' : host;
    if (port != default_port(scheme))
        out += ':' + std::to_string(port);
    return out;
}

std::string origin::to_string() const {
    return scheme + "://" + authority();
}

urls::url parse_url(std::string_view text) {
    std::string const whole = escaped(text); // parsing gives a view into it
    auto const parsed = urls::parse_uri(whole);
    if (parsed.has_value())
        if (auto url = canonical(urls::url(*parsed)))
            return *std::move(url);
    throw malformed_url("'" + std::string(text) +
                        "' is not an address of the form http://host/path");
}

std::optional<urls::url> resolve_link(urls::url const& base,
                                      std::string_view link) {
    std::string const text = escaped(link);
    auto const reference = urls::parse_uri_reference(text);
    if (!reference)
        return std::nullopt;
    urls::url target;
    if (!urls::resolve(base, *reference, target))
        return std::nullopt;
    return canonical(std::move(target));
}

origin origin_of(urls::url const& url) {
    origin from;
    from.scheme = std::string(url.scheme());
    from.host = url.host_address();
    from.port = url.has_port() ? *written_port(url) : default_port(from.scheme);
    return from;
}

std::string target_of(urls::url const& url) {
    return std::string(url.encoded_target());
}

} // namespace web
