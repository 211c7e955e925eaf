// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "tls_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace crawler_test {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

template<class T>
using owned = std::unique_ptr<T, void (*)(T*)>;

template<class T>
T* check(T* made) {
    if (!made)
        throw std::runtime_error("OpenSSL could not make a certificate");
    return made;
}

// What `write` puts out as PEM.
template<class Write>
std::string pem(Write write) {
    owned<BIO> const out(check(BIO_new(BIO_s_mem())), BIO_free_all);
    if (write(out.get()) != 1)
        throw std::runtime_error("OpenSSL could not write a certificate");
    char* text = nullptr;
    long const size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* to, int what, std::string const& text) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
    owned<X509_EXTENSION> const made(
        check(X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str())),
        X509_EXTENSION_free);
    X509_add_ext(to, made.get(), -1);
}

std::string page(std::string_view target) {
    return target == "/" ? "<html><body><a href=\"/a\">a</a>"
                           "<a href=\"/b\">b</a></body></html>"
                         : "<html><body><a href=\"/\">home</a></body></html>";
}

} // namespace

identity::identity(std::string const& names) {
    owned<EVP_PKEY> const pair(check(EVP_EC_gen("P-256")), EVP_PKEY_free);
    owned<X509> const made(check(X509_new()), X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), pair.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    auto const* const text =
        reinterpret_cast<unsigned char const*>("crawler test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.get(), NID_subject_alt_name, names);
    if (X509_sign(made.get(), pair.get(), EVP_sha256()) == 0)
        throw std::runtime_error("OpenSSL could not sign a certificate");
    certificate =
        pem([&](BIO* out) { return PEM_write_bio_X509(out, made.get()); });
    key = pem([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, pair.get(), nullptr, nullptr, 0,
                                        nullptr, nullptr);
    });
}

tls_server::tls_server(identity const& mine)
    : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    tls_.use_certificate_chain(asio::buffer(mine.certificate));
    tls_.use_private_key(asio::buffer(mine.key), ssl::context::pem);
    thread_ = std::thread([this] {
        for (;;) {
            tcp::socket client = acceptor_.accept();
            if (stop_)
                return;
            try {
                serve(client);
            } catch (boost::system::system_error const&) {
                // A client that refuses the certificate hangs up.
            }
        }
    });
}

tls_server::~tls_server() {
    stop_ = true;
    tcp::socket last(context_);
    last.connect(acceptor_.local_endpoint());
    thread_.join();
}

std::string tls_server::url() const {
    return "https://127.0.0.1:" +
           std::to_string(acceptor_.local_endpoint().port()) + "/";
}

void tls_server::serve(tcp::socket& client) {
    ssl::stream<tcp::socket&> secure(client, tls_);
    secure.handshake(ssl::stream_base::server);
    std::string received;
    asio::read_until(secure, asio::dynamic_buffer(received), "\r\n\r\n");
    std::size_t const from = received.find(' ') + 1;
    std::string const body =
        page(received.substr(from, received.find(' ', from) - from));
    asio::write(secure,
                asio::buffer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                             "Connection: close\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body));
    secure.shutdown();
}

} // namespace crawler_test
