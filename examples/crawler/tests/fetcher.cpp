// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// When a page is asked for again, in virtual time and in memory.
#include "crawl.hpp"
#include "memory_sites.hpp"
#include "page_errors.hpp"
#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/core/errors.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/with_cancel_scope.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using crawler_test::busy;
using crawler_test::fetch;
using crawler_test::fetched;
using crawler_test::memory_sites;
using crawler_test::page;
using crawler_test::visit;
using tether::task;
using tether::task_group;
using tether_test::stopwatch;

namespace {

long ms_since(std::chrono::steady_clock::time_point begin, visit const& v) {
    return static_cast<long>((v.at - begin) / 1ms);
}

} // namespace

TEST_CASE("a Retry-After is seconds, or a date beside the one of the server") {
    auto const after = [](std::string value, std::string date = "") {
        web::response reply = busy(std::move(value));
        if (!date.empty())
            reply.set(web::field::date, date);
        return web::retry_after(reply);
    };
    CHECK(after("") == std::nullopt);
    CHECK(after("soon") == std::nullopt);
    CHECK(after("-1") == std::nullopt);
    CHECK(after("1.5") == std::nullopt);
    CHECK(after("0") == 0s);
    CHECK(after("120") == 2min);
    CHECK(after("4000000000") == 24h);
    std::string const date = "Sun, 06 Nov 1994 08:49:37 GMT";
    CHECK(after("Sun, 06 Nov 1994 08:50:07 GMT", date) == 30s);
    CHECK(after("Mon, 07 Nov 1994 00:49:37 GMT", date) == 16h);
    CHECK(after("Sat, 05 Nov 1994 08:49:37 GMT", date) == 0s);
    CHECK(after(date) == 0s); // long ago
}

TETHER_TEST_CASE("a host that answers 429 is asked again after its "
                 "Retry-After, and for nothing else before") {
    crawler::options const chosen;
    memory_sites sites;
    crawler::fetcher from(chosen, sites.connector());
    auto const begin = tether::this_task::now();
    fetched a;
    fetched b;
    fetched other;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        bool first = true;
        sites.serve(group, "busy", [&](visit const&) -> task<web::response> {
            co_return std::exchange(first, false) ? busy("3") : page();
        });
        sites.serve(group, "other", [](visit const&) -> task<web::response> {
            co_return page();
        });
        co_await tether::when_all(
            [&]() -> task<> { a = co_await fetch(from, "http://busy/a"); }(),
            [&]() -> task<> {
                co_await tether::sleep_for(1s);
                b = co_await fetch(from, "http://busy/b");
            }(),
            [&]() -> task<> {
                co_await tether::sleep_for(1s);
                other = co_await fetch(from, "http://other/");
            }());
        group.cancel();
    });
    CHECK(a.status == 200);
    CHECK(a.tries == 2);
    CHECK(b.status == 200);
    CHECK(b.tries == 1);
    auto const& visits = sites.visits("busy");
    REQUIRE(visits.size() == 3);
    CHECK(ms_since(begin, visits[0]) == 0);
    CHECK(ms_since(begin, visits[1]) == 3000);
    CHECK(ms_since(begin, visits[2]) == 3000);
    CHECK(other.status == 200);
    CHECK(ms_since(begin, sites.visits("other").front()) == 1000);
}

TETHER_TEST_CASE("a Retry-After beyond the deadline fails the page at once") {
    crawler::options chosen;
    chosen.deadline = 10s;
    memory_sites sites;
    crawler::result_file results(std::nullopt);
    crawler::crawl job(chosen, results, sites.connector());
    stopwatch const watch;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        sites.serve(group, "busy", [&](visit const&) -> task<web::response> {
            co_return busy("60");
        });
        co_await job.run(web::parse_url("http://busy/"));
        group.cancel();
    });
    CHECK(watch.elapsed() == 0s);
    REQUIRE(job.failures());
    CHECK(job.failures()->count<crawler::bad_status>() == 1);
}

TETHER_TEST_CASE(
    "waits between tries grow, shortened by up to a half, the same "
    "way for the same seed") {
    auto const waits = [](std::uint64_t seed) -> task<std::vector<long>> {
        crawler::options chosen;
        chosen.retries = 40;
        chosen.seed = seed;
        memory_sites sites;
        crawler::fetcher from(chosen, sites.connector());
        co_await tether::with_task_group([&](task_group& group) -> task<> {
            sites.serve(group, "full", [](visit const&) -> task<web::response> {
                co_return busy("");
            });
            fetched const end = co_await fetch(from, "http://full/");
            CHECK(end.tries == 41);
            group.cancel();
        });
        auto const& visits = sites.visits("full");
        std::vector<long> all;
        for (std::size_t i = 1; i < visits.size(); ++i)
            all.push_back(ms_since(visits[i - 1].at, visits[i]));
        co_return all;
    };
    int differences = 0;
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        auto const one = co_await waits(seed);
        auto const same = co_await waits(seed);
        auto const other = co_await waits(seed + 100);
        REQUIRE(one.size() == 40);
        CHECK((50 <= one[0] && one[0] <= 100));
        CHECK((200 <= one[2] && one[2] <= 400));
        CHECK((2500 <= one[39] && one[39] <= 5000));
        CHECK(one == same);
        for (std::size_t i = 0; i != 40; ++i)
            differences += one[i] != other[i];
    }
    CHECK(differences > 500);
}

TETHER_TEST_CASE("all pages share a budget of retries") {
    crawler::options chosen;
    chosen.retries = 9;
    memory_sites sites;
    crawler::fetcher from(chosen, sites.connector());
    unsigned tries = 0;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        sites.serve(group, "full", [](visit const&) -> task<web::response> {
            co_return busy("");
        });
        for (int i = 0; i != 100; ++i) {
            fetched const end = co_await fetch(from, "http://full/");
            CHECK(end.status == 429);
            tries += end.tries;
        }
        group.cancel();
    });
    // One try each, the budget, and what the pages paid in but the first,
    // which found it full.
    CHECK(tries == 100 + 100 + 19);
}

TETHER_TEST_CASE("after a soft cancel a page that waits for its turn is not "
                 "asked for, and one in a pause is given up") {
    crawler::options chosen;
    chosen.rate = 0.1;
    memory_sites sites;
    crawler::fetcher from(chosen, sites.connector());
    fetched pausing;
    fetched waiting;
    stopwatch const watch;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        sites.serve(group, "slow", [](visit const&) -> task<web::response> {
            co_return busy("30");
        });
        tether::cancel_scope scope;
        auto const crawl = [&](tether::cancel_scope&) -> task<> {
            co_await tether::when_all(
                [&]() -> task<> {
                    pausing = co_await fetch(from, "http://slow/a");
                }(),
                [&]() -> task<> {
                    waiting = co_await fetch(from, "http://slow/b");
                }());
        };
        group.spawn([&]() -> task<> {
            co_await tether::sleep_for(1s);
            scope.cancel_soft(1h);
        });
        co_await tether::with_cancel_scope(scope, crawl);
        group.cancel();
    });
    CHECK(watch.elapsed() == 1s);
    CHECK(pausing.status == 429);
    CHECK(pausing.error);
    CHECK_FALSE(waiting.asked);
    CHECK(waiting.tries == 0);
    CHECK(sites.visits("slow").size() == 1);
}
