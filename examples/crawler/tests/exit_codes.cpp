// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "crawler_program.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"
#include "test_server.hpp"

#include <tether/task/sleep.hpp>

#include <algorithm>
#include <csignal>
#include <future>
#include <string>

using namespace std::chrono_literals;
using crawler_test::crawler_process;
using crawler_test::page_with_links;
using crawler_test::run_crawler;
using crawler_test::temporary_file;
using crawler_test::test_server;
using tether::task;
using tether_test::contains_text;

namespace {

// "/" leads to "/a" and "/b"; "/a" never answers and tells that it was asked.
class stuck_site {
public:
    web::handler handler() {
        return [this](web::exchange& open) { return answer(open); };
    }
    void wait_until_stuck() { stuck_.get_future().wait(); }

private:
    task<> answer(web::exchange& open) {
        if (open.received().target() == "/a") {
            stuck_.set_value();
            co_await tether::sleep_forever();
        }
        co_await open.reply(page_with_links("/a", "/b"));
    }

    std::promise<void> stuck_;
};

} // namespace

TEST_CASE("exit 0: every page was fetched") {
    test_server const server([](web::exchange& open) -> task<> {
        co_await open.reply(page_with_links("/", "/a", "/b"));
    });
    temporary_file const file;
    auto const end = run_crawler({server.url(), "--out", file.path()});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("fetched                 3"));
    std::string const results = file.text();
    CHECK(std::count(results.begin(), results.end(), '\n') == 3);
}

TEST_CASE("exit 1: a page failed, and the tree says which and why") {
    test_server const server([](web::exchange& open) -> task<> {
        web::response reply = page_with_links("/gone");
        if (open.received().target() == "/gone")
            reply = web::make_response(web::status::not_found, "");
        co_await open.reply(std::move(reply));
    });
    auto const end = run_crawler({server.url()});
    CHECK(end.code == 1);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("task group 'pages' (1 sub-exception)"));
    CHECK_THAT(end.out, contains_text(server.url("/gone")));
    CHECK_THAT(end.out, contains_text("status 404 Not Found"));
}

TEST_CASE("exit 1: the embedded site, without an argument") {
    auto const end = run_crawler({"--timeout", "1.5"});
    CHECK(end.code == 1);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("unfinished              0"));
    CHECK_THAT(end.out, contains_text("redirect loop"));
    CHECK_THAT(end.out, contains_text("deadline 1.5 s of 'request' exceeded"));
}

TEST_CASE("exit 0: --help, on stdout") {
    auto const end = run_crawler({"--help"});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("usage: crawler [OPTIONS] [URL]"));
}

TEST_CASE("exit 3: the deadline came first") {
    stuck_site site;
    test_server const server(site.handler());
    temporary_file const file;
    auto const end = run_crawler({server.url(), "--deadline", "0.5",
                                  "--timeout", "1000", "--out", file.path()});
    CHECK(end.code == 3);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("unfinished              1"));
    CHECK_THAT(file.text(), contains_text(server.url("/b")));
}

TEST_CASE("exit 130 and 143: after the grace period, with a summary") {
    int const number = GENERATE(SIGINT, SIGTERM);
    stuck_site site;
    test_server const server(site.handler());
    temporary_file const file;
    crawler_process crawler({server.url(), "--concurrency", "1", "--timeout",
                             "1000", "--grace", "0.2", "--out", file.path()});
    site.wait_until_stuck();
    crawler.signal(number);
    auto const end = crawler.wait();
    CHECK(end.code == 128 + number);
    CHECK(end.err.empty());
    CHECK_THAT(end.out, contains_text("fetched                 1"));
    CHECK_THAT(end.out, contains_text("unfinished              2"));
    std::string const results = file.text();
    CHECK(std::count(results.begin(), results.end(), '\n') == 1);
}

TEST_CASE("a page in flight may finish within the grace period") {
    std::promise<void> asked;
    test_server const server([&](web::exchange& open) -> task<> {
        if (open.received().target() == "/a") {
            asked.set_value();
            co_await tether::sleep_for(500ms);
        }
        co_await open.reply(page_with_links("/a", "/b", "/c"));
    });
    crawler_process crawler({server.url(), "--concurrency", "1", "--timeout",
                             "1000", "--grace", "1000"});
    asked.get_future().wait();
    crawler.signal(SIGINT);
    auto const end = crawler.wait();
    CHECK(end.code == 130);
    CHECK_THAT(end.out, contains_text("fetched                 2"));
    CHECK_THAT(end.out, contains_text("unfinished              2"));
}

TEST_CASE("a second signal ends at once, in the grace period") {
    stuck_site site;
    test_server const server(site.handler());
    crawler_process crawler(
        {server.url(), "--timeout", "1000", "--grace", "1000"});
    site.wait_until_stuck();
    crawler.signal(SIGINT);
    crawler.signal(SIGTERM); // another one: two pending SIGINT would be one
    auto const end = crawler.wait();
    CHECK((end.code == 130 || end.code == 143));
    CHECK_THAT(end.out, contains_text("unfinished"));
}

TEST_CASE("progress is shown on a terminal, and wiped out in the end") {
    test_server const server([](web::exchange& open) -> task<> {
        co_await open.reply(page_with_links("/", "/a", "/b"));
    });
    crawler_process crawler({server.url()},
                            crawler_process::stderr_is::terminal);
    auto const end = crawler.wait();
    CHECK(end.code == 0);
    CHECK_THAT(end.err, contains_text(" pages "));
    CHECK_THAT(end.err, contains_text(" in flight "));
    CHECK_THAT(end.err, contains_text(" errors"));
    CHECK(end.err.ends_with("\r\x1b[K"));
    CHECK_THAT(end.out, contains_text("fetched                 3"));
}
