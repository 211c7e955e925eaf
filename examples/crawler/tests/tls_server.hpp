// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the program crawl over HTTPS in a test? A server whose certificate
/// is made when the test runs.
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_TLS_SERVER_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_TLS_SERVER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <string>
#include <thread>

namespace crawler_test {

/// A key and a certificate that vouches for itself, as PEM.
struct identity {
    /// Parameters: what the certificate is for, in the notation of OpenSSL:
    /// "DNS:host" or "IP:address", separated by commas.
    explicit identity(std::string const& names);

    std::string certificate;
    std::string key;
};

/// Serves a small site, one connection after the other: "/" leads to "/a" and
/// "/b", and everything else to "/".
class tls_server {
public:
    explicit tls_server(identity const& mine);
    tls_server(tls_server const&) = delete;
    tls_server& operator=(tls_server const&) = delete;
    ~tls_server();

    [[nodiscard]] std::string url() const;

private:
    void serve(boost::asio::ip::tcp::socket& client);

    boost::asio::io_context context_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

} // namespace crawler_test

#endif
