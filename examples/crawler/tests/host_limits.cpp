// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What a host may expect of the crawler, in virtual time and in memory: its
// rate, and rest when it is down.
#include "crawl.hpp"
#include "memory_sites.hpp"
#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using crawler_test::fetch;
using crawler_test::fetched;
using crawler_test::memory_sites;
using crawler_test::page;
using crawler_test::visit;
using tether::task;
using tether::task_group;
using tether_test::stopwatch;

TETHER_TEST_CASE("a site that bans above a hundred requests in a second bans "
                 "no crawl of ten thousand pages at that rate") {
    constexpr std::size_t n = 10000;
    crawler::options chosen;
    chosen.rate = 100;
    chosen.max_pages = n;
    chosen.deadline = 1h;
    memory_sites sites;
    crawler::result_file results(std::nullopt);
    crawler::crawl job(chosen, results, sites.connector());
    std::deque<std::chrono::steady_clock::time_point> last;
    bool banned = false;
    stopwatch const watch;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        std::size_t links = 0;
        sites.serve(
            group, "strict", [&](visit const& v) -> task<web::response> {
                last.push_back(v.at);
                while (last.front() <= v.at - 1s)
                    last.pop_front();
                banned = banned || last.size() > 100;
                co_await tether::sleep_for(10ms);
                std::string html;
                for (int i = 0; i != 2; ++i)
                    html += "<a href=/" + std::to_string(++links) + ">x</a>";
                co_return page(std::move(html));
            });
        co_await job.run(web::parse_url("http://strict/"));
        group.cancel();
    });
    CHECK_FALSE(banned);
    CHECK(sites.visits("strict").size() == n);
    CHECK(job.counts().fetched() == n);
    CHECK(watch.elapsed() >= 100s);
    CHECK(watch.elapsed() < 101s);
}

TETHER_TEST_CASE("a host that is down delays its pages until it is up again, "
                 "and stops no other") {
    crawler::options chosen;
    chosen.retries = 0;
    memory_sites sites;
    crawler::fetcher from(chosen, sites.connector());
    bool down = true;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        sites.serve(group, "shaky", [&](visit const&) -> task<web::response> {
            co_return down ? web::make_response(web::status::bad_gateway, "")
                           : page();
        });
        sites.serve(group, "well", [](visit const&) -> task<web::response> {
            co_return page();
        });
        for (int i = 0; i != 20; ++i) {
            fetched const end = co_await fetch(from, "http://shaky/");
            CHECK(end.status == 502);
        }
        down = false; // nobody knows it yet
        stopwatch const watch;
        fetched late;
        co_await tether::when_all(
            [&]() -> task<> {
                late = co_await fetch(from, "http://shaky/late");
                CHECK(watch.elapsed() == 5s);
            }(),
            [&]() -> task<> {
                for (int i = 0; i != 30; ++i) {
                    fetched const end = co_await fetch(from, "http://well/");
                    CHECK(end.status == 200);
                }
                CHECK(watch.elapsed() < 1s);
                CHECK(sites.visits("shaky").size() == 20);
            }());
        CHECK(late.status == 200);
        CHECK(late.tries == 1);
        group.cancel();
    });
}
