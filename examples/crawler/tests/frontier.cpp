// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "frontier.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using web::parse_url;

namespace {

web::origin home() {
    return web::origin_of(parse_url("http://host/"));
}

} // namespace

TEST_CASE("a page is claimed once, however it is spelt") {
    crawler::frontier known(home(), 10);
    std::string const* const name = known.claim(parse_url("http://host/a"));
    REQUIRE(name);
    CHECK(*name == "http://host/a");
    CHECK_FALSE(known.claim(parse_url("http://host/b/../a#x")));
    CHECK(known.claim(parse_url("http://host/a?")));
    CHECK(known.claimed() == 2);
}

TEST_CASE("pages of other origins are nobody's") {
    crawler::frontier known(home(), 10);
    CHECK_FALSE(known.claim(parse_url("http://other/")));
    CHECK_FALSE(known.claim(parse_url("https://host/")));
    CHECK_FALSE(known.claim(parse_url("http://host:8080/")));
    CHECK_FALSE(known.limit_reached());
}

TEST_CASE("the limit counts claims") {
    crawler::frontier known(home(), 2);
    CHECK(known.claim(parse_url("http://host/1")));
    CHECK(known.claim(parse_url("http://host/2")));
    CHECK_FALSE(known.claim(parse_url("http://host/1")));
    CHECK_FALSE(known.limit_reached());
    CHECK_FALSE(known.claim(parse_url("http://host/3")));
    CHECK(known.limit_reached());
}

TEST_CASE("a circle of redirects is found when it closes, once") {
    crawler::frontier known(home(), 10);
    using names = std::vector<std::string>;
    CHECK(known.redirect("a", "b").empty());
    CHECK(known.redirect("b", "c").empty());
    CHECK(known.redirect("x", "b").empty());
    CHECK(known.redirect("c", "a") == names{"c", "a", "b", "c"});
    CHECK(known.redirect("self", "self") == names{"self", "self"});
}

TEST_CASE("a redirect into a circle that was found before is no circle") {
    crawler::frontier known(home(), 10);
    CHECK(known.redirect("a", "b").empty());
    CHECK_FALSE(known.redirect("b", "a").empty());
    CHECK(known.redirect("outside", "a").empty());
}
