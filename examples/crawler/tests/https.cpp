// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "child_process.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"
#include "tls_server.hpp"

#include <cstdlib>
#include <string>

using crawler_test::identity;
using crawler_test::run_crawler;
using crawler_test::temporary_file;
using crawler_test::tls_server;
using tether_test::contains_text;

namespace {

// The authorities that the crawler trusts, instead of those of the system.
class trusted {
public:
    explicit trusted(std::string const& certificates) : file_(certificates) {
        ::setenv("SSL_CERT_FILE", file_.path().c_str(), 1);
        ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
    }
    trusted(trusted const&) = delete;
    trusted& operator=(trusted const&) = delete;
    ~trusted() {
        ::unsetenv("SSL_CERT_FILE");
        ::unsetenv("SSL_CERT_DIR");
    }

private:
    temporary_file file_;
};

} // namespace

TEST_CASE("a site is crawled over HTTPS when its certificate is trusted") {
    identity const mine("IP:127.0.0.1");
    tls_server const server(mine);
    trusted const authorities(mine.certificate);
    auto const end = run_crawler({server.url()});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("fetched                 3"));
}

TEST_CASE("a certificate that nobody vouches for is refused") {
    tls_server const server(identity("IP:127.0.0.1"));
    trusted const authorities(identity("IP:127.0.0.1").certificate);
    auto const end = run_crawler({server.url(), "--retries", "0"});
    CHECK(end.code == 2);
    CHECK_THAT(end.err, contains_text("no secure connection to '127.0.0.1'"));
    CHECK_THAT(end.err, contains_text("certificate verify failed"));
}

TEST_CASE("a trusted certificate of another host is refused") {
    identity const other("DNS:other.example,IP:127.0.0.2");
    tls_server const server(other);
    trusted const authorities(other.certificate);
    auto const end = run_crawler({server.url(), "--retries", "0"});
    CHECK(end.code == 2);
    CHECK_THAT(end.err, contains_text("certificate verify failed"));
}
