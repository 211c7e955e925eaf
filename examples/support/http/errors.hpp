// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Why did a request bring no response?
#ifndef TETHER_EXAMPLES_HTTP_ERRORS_HPP
#define TETHER_EXAMPLES_HTTP_ERRORS_HPP

#include <stdexcept>
#include <string>

namespace web {

/// What went wrong between us and the server.
enum class failure {
    unknown_host,    ///< the name has no address
    unreachable,     ///< no address of it accepts a connection
    insecure,        ///< the TLS handshake failed, or HTTPS is not built in
    not_http,        ///< what came back is not HTTP
    no_answer,       ///< the connection ended before the first byte came back
    connection_lost, ///< the connection ended before the response did
    too_large,       ///< the response is larger than the client accepts
};

/// A request that got no response; what() is one line.
class request_failed : public std::runtime_error {
public:
    request_failed(failure why, std::string const& sentence)
        : std::runtime_error(sentence), why_(why) {}

    [[nodiscard]] failure why() const noexcept { return why_; }

private:
    failure why_;
};

} // namespace web

#endif
