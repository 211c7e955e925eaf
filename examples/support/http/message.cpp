// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/message.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <system_error>
#include <utility>

namespace web {
namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is written today.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::tm at{};
    in >> std::get_time(&at, "%a, %d %b %Y %H:%M:%S GMT");
    if (in.fail())
        return std::nullopt;
    using namespace std::chrono;
    auto const day = year(at.tm_year + 1900) /
                     month(static_cast<unsigned>(at.tm_mon + 1)) /
                     static_cast<int>(at.tm_mday);
    return sys_days(day) + hours(at.tm_hour) + minutes(at.tm_min) +
           seconds(at.tm_sec);
}

} // namespace

response make_response(status code, std::string body,
                       std::string_view content_type) {
    response reply(code, 11);
    reply.set(field::server, "tether-example");
    reply.set(field::content_type, content_type);
    reply.body() = std::move(body);
    reply.prepare_payload();
    return reply;
}

response make_redirect(std::string_view location) {
    response reply = make_response(status::found, "elsewhere\n", "text/plain");
    reply.set(field::location, location);
    return reply;
}

std::string_view header(response const& message, field name) {
    auto const value = message[name];
    return {value.data(), value.size()};
}

std::optional<std::chrono::seconds> retry_after(response const& message) {
    std::string_view const text = header(message, field::retry_after);
    std::chrono::seconds wait{0};
    if (auto const until = parse_date(text)) {
        auto const now = parse_date(header(message, field::date));
        wait = *until - now.value_or(std::chrono::floor<std::chrono::seconds>(
                            std::chrono::system_clock::now()));
    } else {
        unsigned count = 0;
        auto const [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || end != text.data() + text.size())
            return std::nullopt;
        wait = std::chrono::seconds(count);
    }
    using namespace std::chrono_literals;
    return std::clamp<std::chrono::seconds>(wait, 0s, 24h);
}

} // namespace web
