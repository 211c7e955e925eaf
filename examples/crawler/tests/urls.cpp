// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "http/url.hpp"
#include "support/catch.hpp"

#include <string>

namespace {

std::string canonical(std::string const& text) {
    return std::string(web::parse_url(text).buffer());
}

// "none" if the link leads nowhere.
std::string resolved(std::string const& base, std::string const& link) {
    auto const target = web::resolve_link(web::parse_url(base), link);
    return target ? std::string(target->buffer()) : "none";
}

} // namespace

TEST_CASE("a page has one spelling") {
    CHECK(canonical("http://host") == "http://host/");
    CHECK(canonical("HTTP://Host:80/a/./b/../c#part") == "http://host/a/c");
    CHECK(canonical("https://host:443/?q=1") == "https://host/?q=1");
    CHECK(canonical("http://host:443/") == "http://host:443/");
    CHECK(canonical("http://host:/x") == "http://host/x");
    CHECK(canonical("http://host/../../a") == "http://host/a");
    CHECK(canonical(" http://host/a b ") == "http://host/a%20b");
    CHECK(canonical("http://me:secret@host/") == "http://host/");
    CHECK(canonical("http://[::1]:8080/") == "http://[::1]:8080/");
}

TEST_CASE("what is no web address is refused") {
    for (std::string const text :
         {"", "host", "/path", "http://", "http:///x", "ftp://host/",
          "http://host:0/", "http://host:65536/", "http://host:x/",
          "http://[::1/", "http:// /", "mailto:me@host"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(canonical(text), web::malformed_url);
    }
}

TEST_CASE("links are resolved as RFC 3986 says") {
    std::string const base = "http://host/a/b?q";
    CHECK(resolved(base, "c") == "http://host/a/c");
    CHECK(resolved(base, "./c") == "http://host/a/c");
    CHECK(resolved(base, "../c") == "http://host/c");
    CHECK(resolved(base, "../../../c") == "http://host/c");
    CHECK(resolved(base, "..") == "http://host/");
    CHECK(resolved(base, "/c/") == "http://host/c/");
    CHECK(resolved(base, "?r=2") == "http://host/a/b?r=2");
    CHECK(resolved(base, "#top") == "http://host/a/b?q");
    CHECK(resolved(base, "") == "http://host/a/b?q");
    CHECK(resolved(base, "//other/c") == "http://other/c");
    CHECK(resolved(base, "https://other") == "https://other/");
    CHECK(resolved(base, " c\nd ") == "http://host/a/cd");
    CHECK(resolved(base, "gr\xc3\xbc\xc3\x9f") ==
          "http://host/a/gr%C3%BC%C3%9F");
}

TEST_CASE("links that lead to no page give nothing") {
    for (std::string const link :
         {"mailto:me@host", "javascript:void(0)", "tel:+1", "http://",
          "http://host:99999/", "http://[zz]/", "data:text/html,x", "%zz"}) {
        CAPTURE(link);
        CHECK(resolved("http://host/a", link) == "none");
    }
}

TEST_CASE("an origin knows where to connect and what to call the host") {
    auto const plain = web::origin_of(web::parse_url("http://host/x?y#z"));
    CHECK(plain.host == "host");
    CHECK(plain.port == 80);
    CHECK(plain.authority() == "host");
    CHECK(plain.to_string() == "http://host");

    auto const six = web::origin_of(web::parse_url("https://[::1]:8443/"));
    CHECK(six.host == "::1");
    CHECK(six.port == 8443);
    CHECK(six.authority() == "[::1]:8443");
    CHECK_FALSE(six == plain);
}

TEST_CASE("a request asks for path and query") {
    CHECK(web::target_of(web::parse_url("http://host")) == "/");
    CHECK(web::target_of(web::parse_url("http://host/a/../b?c=d#e")) ==
          "/b?c=d");
}
