// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "links.hpp"
#include "site_page.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

std::vector<std::string> links_of(std::string const& html) {
    std::vector<std::string> names;
    for (auto const& link :
         crawler::extract_links(web::parse_url("http://host/dir/page"), html))
        names.emplace_back(link.buffer());
    return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("links come in document order, each once") {
    CHECK(links_of("<a href=b>1</a><a href='a'>2</a><a href=\"b#x\">3</a>") ==
          names{"http://host/dir/b", "http://host/dir/a"});
}

TEST_CASE("only what a browser shows as a link is one") {
    CHECK(links_of("<!-- <a href=/comment>x</a> -->"
                   "<script>'<a href=\"/script\">'</script>"
                   "<textarea><a href=/text></textarea>"
                   "<link rel=stylesheet href=/style><img src=/image>"
                   "<p title='<a href=/title>'>&lt;a href=/escaped&gt;"
                   "<a name=top>top</a>")
              .empty());
    CHECK(links_of("<map><AREA HREF=/map></map>") == names{"http://host/map"});
}

TEST_CASE("broken HTML is read as browsers read it") {
    CHECK(links_of("<li><a href=/one>one<li><A HREF = /two >two") ==
          names{"http://host/one", "http://host/two"});
    CHECK(links_of("").empty());
    CHECK(links_of("<a href").empty());
    CHECK(links_of(std::string("<a href=/\0x>", 12)).size() <= 1);
}

TEST_CASE("entities in addresses are decoded") {
    CHECK(links_of("<a href='?a=1&amp;b=2'>x</a>") ==
          names{"http://host/dir/page?a=1&b=2"});
}

TEST_CASE("the first base element moves relative links") {
    CHECK(links_of("<base href='/root/'><base href='/no/'><a href=x>x</a>") ==
          names{"http://host/root/x"});
}

TEST_CASE("deeply nested pages need no deep stack") {
    std::string html;
    for (int i = 0; i < 2'000; ++i)
        html += "<div>";
    html += "<a href=/bottom>x</a>";
    CHECK(links_of(html) == names{"http://host/bottom"});
}

TEST_CASE("the pages of the embedded site hide their links in decoys") {
    crawler::site_page page;
    page.path = "/page/7";
    page.links = {"/page/1", "../page/2", "/x/../page/3#section"};
    std::string const html = crawler::render(page);
    CHECK_THAT(html, tether_test::contains_text("/trap/comment"));
    names found;
    for (auto const& link :
         crawler::extract_links(web::parse_url("http://host/page/7"), html))
        found.emplace_back(link.buffer());
    CHECK(found == names{"http://elsewhere.example/", "http://host/page/1",
                         "http://host/page/2", "http://host/page/3"});
}
