// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/connection_over.hpp"

#include <tether/task/use_task.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#ifdef BOOST_ASIO_SEPARATE_COMPILATION
#include <boost/asio/ssl/impl/src.hpp>
#endif

#include <memory>
#include <string>
#include <utility>

namespace web {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using stream = ssl::stream<asio::ip::tcp::socket>;

// Reads the certificates once. SSL_CERT_FILE and SSL_CERT_DIR choose others.
ssl::context& client_context() {
    static ssl::context context = [] {
        ssl::context made(ssl::context::tls_client);
        made.set_default_verify_paths();
        made.set_verify_mode(ssl::verify_peer);
        return made;
    }();
    return context;
}

// The name by which one address of several servers knows which is meant.
void name_server(stream& encrypted, std::string const& host) {
    boost::system::error_code is_name;
    asio::ip::make_address(host, is_name);
    if (is_name)
        SSL_set_tlsext_host_name(encrypted.native_handle(), host.c_str());
    encrypted.set_verify_callback(ssl::host_name_verification(host));
}

} // namespace

tether::task<std::unique_ptr<connection>> encrypt(asio::ip::tcp::socket socket,
                                                  std::string host) {
    stream encrypted(std::move(socket), client_context());
    name_server(encrypted, host);
    try {
        co_await encrypted.async_handshake(stream::client, tether::use_task);
    } catch (boost::system::system_error const& e) {
        throw request_failed(failure::insecure, "no secure connection to '" +
                                                    host +
                                                    "': " + e.code().message());
    }
    co_return std::make_unique<connection_over<stream>>(std::move(encrypted));
}

} // namespace web
