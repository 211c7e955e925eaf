// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "crawl.hpp"
#include "page_errors.hpp"
#include "report.hpp"
#include "site.hpp"
#include "support/catch.hpp"
#include "temporary_file.hpp"

#include <tether/core/errors.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>
#include <string>

using namespace std::chrono_literals;
using crawler::behaviour;
using tether::task;
using tether::task_group;

namespace {

// Slow pages of the site take up to 0.4 s; the machine may be slow as well.
crawler::options quick() {
    crawler::options chosen;
    chosen.timeout = 1500ms;
    chosen.retries = 2;
    return chosen;
}

// Crawls what `answer` serves, in one loop with it.
void crawl_over(crawler::crawl& job, web::handler const& answer,
                std::string const& path = "/") {
    tether::run([&]() -> task<> {
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            auto const port =
                co_await group.start<unsigned short>(web::serve, answer);
            auto const start = web::parse_url(
                "http://127.0.0.1:" + std::to_string(port) + path);
            co_await job.run(start);
            group.cancel();
        });
    });
}

std::size_t lines(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("the whole site is crawled, every page once") {
    auto const chosen = quick();
    crawler_test::temporary_file const file;
    crawler::result_file results(file.path());
    crawler::site pages(1);
    crawler::crawl job(chosen, results);
    crawl_over(job, [&](web::exchange& open) { return pages.answer(open); });

    std::size_t fetched = 0;
    std::size_t failed = 1; // the loop, where it closes
    for (crawler::site_page const& page : pages.pages()) {
        CAPTURE(page.path, static_cast<int>(page.how));
        unsigned expected = 1;
        switch (page.how) {
        case behaviour::plain:
        case behaviour::slow:
            ++fetched;
            break;
        case behaviour::recovering:
            ++fetched;
            expected += page.errors;
            break;
        case behaviour::missing:
            ++failed;
            break;
        case behaviour::silent:
        case behaviour::truncated:
            ++failed;
            expected += chosen.retries;
            break;
        case behaviour::redirect:
            break;
        }
        CHECK(pages.hits(page.path) == expected);
    }
    CHECK(pages.pages().size() == 302);
    CHECK(job.counts().fetched() == fetched);
    CHECK(job.counts().failed() == failed);
    CHECK(job.counts().done() == pages.pages().size());
    CHECK(job.unfinished() == 0);
    CHECK(job.in_flight() == 0);
    CHECK_FALSE(job.deadline_came());
    CHECK(lines(file.text()) == pages.pages().size());
    for (char const* const trap :
         {"/trap/comment", "/trap/script", "/trap/style.css", "/trap/text"})
        CHECK(pages.hits(trap) == 0);

    REQUIRE(job.failures());
    auto const& failures = *job.failures();
    CHECK(failures.size() == failed);
    CHECK(failures.count<crawler::bad_status>() == 3);
    CHECK(failures.count<crawler::redirect_loop>() == 1);
    CHECK(failures.count<tether::timeout_error>() == 1);
    CHECK(failures.count<web::request_failed>() == 1);
    for (auto const member : failures)
        if (member.as<tether::timeout_error>())
            CHECK(std::string(member.task_name())
                      .ends_with(pages.first(behaviour::silent)));
    CHECK_THAT(crawler::failure_tree(job),
               tether_test::contains_text("redirect loop: http://127.0.0.1"));
    CHECK_THAT(crawler::summary_table(job, 1s),
               tether_test::contains_text("p99"));
}

TEST_CASE("the same seed gives the same site, another seed another") {
    crawler::site const one(5);
    crawler::site const same(5);
    crawler::site const other(6);
    int differences = 0;
    for (std::size_t i = 0; i < one.pages().size(); ++i) {
        CHECK(one.pages()[i].links == same.pages()[i].links);
        CHECK(one.pages()[i].how == same.pages()[i].how);
        differences += one.pages()[i].links != other.pages()[i].links;
    }
    CHECK(differences > 100);
}

TEST_CASE("no more pages are in flight than allowed, and that many are") {
    auto chosen = quick();
    chosen.concurrency = 5;
    crawler::result_file results(std::nullopt);
    crawler::crawl job(chosen, results);
    std::size_t open_now = 0;
    std::size_t most = 0;
    std::size_t asked = 0;
    auto const answer = [&](web::exchange& open) -> task<> {
        most = std::max(most, ++open_now);
        co_await tether::sleep_for(20ms);
        std::string links;
        for (int i = 0; i < 5; ++i)
            links += "<a href=/" + std::to_string(++asked) + ">x</a>";
        if (asked >= 100)
            links.clear();
        --open_now;
        co_await open.reply(web::make_response(web::status::ok, links));
    };
    crawl_over(job, answer);
    CHECK(most == 5);
    CHECK(job.counts().fetched() > 20);
    CHECK_FALSE(job.failures());
}

TEST_CASE("max-pages bounds the requests") {
    auto chosen = quick();
    chosen.max_pages = 10;
    crawler::result_file results(std::nullopt);
    crawler::site pages(1);
    crawler::crawl job(chosen, results);
    crawl_over(job, [&](web::exchange& open) { return pages.answer(open); });
    CHECK(job.counts().done() == 10);
    CHECK_FALSE(job.failures());
}

TEST_CASE("the deadline ends the crawl and keeps what is done") {
    auto chosen = quick();
    chosen.deadline = 300ms;
    chosen.timeout = 1h;
    crawler::result_file results(std::nullopt);
    crawler::crawl job(chosen, results);
    auto const answer = [&](web::exchange& open) -> task<> {
        if (open.received().target() != "/")
            co_await tether::sleep_forever();
        co_await open.reply(web::make_response(
            web::status::ok, "<a href=a>x</a><a href=b>x</a>"));
    };
    crawl_over(job, answer);
    CHECK(job.deadline_came());
    CHECK(job.counts().fetched() == 1);
    CHECK(job.unfinished() == 2);
    CHECK(job.in_flight() == 0);
    CHECK_FALSE(job.failures());
}

TEST_CASE("a connection that the server closed while idle is no failure") {
    auto chosen = quick();
    chosen.concurrency = 1;
    chosen.retries = 0;
    crawler::result_file results(std::nullopt);
    crawler::crawl job(chosen, results);
    auto const answer = [&](web::exchange& open) -> task<> {
        web::response page = web::make_response(
            web::status::ok, "<a href=/1>x</a><a href=/2>x</a>");
        // Promises to keep the connection, and closes it.
        page.keep_alive(true);
        std::size_t const all = page.body().size();
        co_await open.reply_partly(std::move(page), all);
    };
    crawl_over(job, answer);
    CHECK(job.counts().fetched() == 3);
    CHECK_FALSE(job.failures());
}

TEST_CASE("results that cannot be written end the crawl") {
    auto const chosen = quick();
    crawler::result_file results("/dev/full");
    crawler::site pages(1);
    crawler::crawl job(chosen, results);
    crawl_over(job, [&](web::exchange& open) { return pages.answer(open); });
    CHECK(job.write_failure());
    CHECK(pages.hits(pages.first(behaviour::silent)) == 0);
}
