// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do client and server exchange? Beast's messages with a string as body.
#ifndef TETHER_EXAMPLES_HTTP_MESSAGE_HPP
#define TETHER_EXAMPLES_HTTP_MESSAGE_HPP

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace web {

namespace beast = boost::beast;
using beast::http::field;
using beast::http::status;
using request = beast::http::request<beast::http::string_body>;
using response = beast::http::response<beast::http::string_body>;

/// A response with its length and content type set.
[[nodiscard]] response
make_response(status code, std::string body,
              std::string_view content_type = "text/html; charset=utf-8");

/// A redirect to `location`, which may be relative.
[[nodiscard]] response make_redirect(std::string_view location);

/// The value of a field; empty if it is not there.
[[nodiscard]] std::string_view header(response const& message, field name);

/// How long the server asks to stay away: its Retry-After, in seconds or as a
/// date, counted from its own Date where it sends one.
///
/// Result: none without the field, or if it makes no sense; a day at most.
[[nodiscard]] std::optional<std::chrono::seconds>
retry_after(response const& message);

} // namespace web

#endif
