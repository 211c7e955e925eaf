// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/message.hpp"

#include <utility>

namespace web {

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

} // namespace web
