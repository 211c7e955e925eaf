// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/resilience.md about limits, breakers and shared work, run in
// virtual time.
#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/resilience.hpp>
#include <tether/scope.hpp>

#include <exception>
#include <stdexcept>
#include <string>

using namespace tether;
using namespace std::chrono_literals;

namespace {

tether_test::event_log said;
int asked = 0;
bool works = true;

task<std::string> fetch(std::string url) {
    ++asked;
    co_await sleep_for(100ms);
    if (!works)
        throw std::runtime_error("no " + url);
    co_return url;
}
struct bad_request {};
std::string host_of(std::string const& url) {
    return url.substr(0, 1);
}

// [limiter]
rate_limiter calls(per_second(10), burst{5});

task<std::string> fetch_limited(std::string url) {
    co_await calls.acquire();
    co_return co_await fetch(url);
}
// [limiter]

// [deadline]
task<std::string> fetch_or_not(std::string url) {
    bool const in_time = co_await calls.try_acquire_before_deadline();
    if (!in_time)
        co_return "busy"; // at once, not when the deadline is over
    co_return co_await fetch(url);
}
// [deadline]

// [keyed]
keyed_limiter<std::string> hosts(per_second(2));

task<std::string> fetch_politely(std::string url) {
    co_await hosts.acquire(host_of(url));
    co_return co_await fetch(url);
}
// [keyed]

// [bulkhead]
bulkhead database({.max_concurrent = 2, .max_queue = 1, .name = "database"});

task<std::string> ask(std::string what) {
    try {
        co_return co_await database.call([&] { return fetch(what); });
    } catch (bulkhead_full const& e) {
        co_return "try later";
    }
}
// [bulkhead]

// [breaker]
circuit_breaker breaker({.failures = 2, .open_for = 10s, .name = "search"});

task<std::string> search(std::string what) {
    try {
        co_return co_await breaker.call(
            [&] { return fail_after(1s, fetch(what)); });
    } catch (circuit_open const& e) {
        co_return "nothing: " + std::string(e.what());
    }
}
// [breaker]

// [verdict]
void set_up(circuit_breaker& b) {
    b.classify_with([](std::exception_ptr const& error) {
        try {
            std::rethrow_exception(error);
        } catch (bad_request const&) {
            return call_verdict::neutral; // our fault, not theirs
        } catch (...) {
            return call_verdict::failure;
        }
    });
    b.on_change([](circuit_change const& change) {
        said(std::string(change.name) + " is " +
             std::string(to_string(change.to)));
    });
}
// [verdict]

// [flight]
task<> serve(task_group& group) {
    single_flight<std::string, std::string> pages(group);
    auto const request = [&](std::string url) -> task<> {
        std::string const page = co_await pages.call(url, fetch, url);
        said(page);
    };
    co_await when_all(request("a"), request("a"), request("a"));
}
// [flight]

} // namespace

TETHER_TEST_CASE("docs/resilience.md: limits") {
    tether_test::stopwatch const time;
    for (int i = 0; i != 7; ++i)
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(fetch_limited, "a");
            co_return;
        });
    CHECK(time.elapsed() == 700ms);
    while (calls.try_acquire())
        continue;
    std::string answer;
    co_await fail_after(
        10ms, [&]() -> task<> { answer = co_await fetch_or_not("a"); });
    CHECK(answer == "busy");
    answer = co_await fetch_politely("a");
    CHECK(answer == "a");
    int later = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 5; ++i)
            group.spawn([&]() -> task<> {
                std::string const got = co_await ask("b");
                later += got == "try later" ? 1 : 0;
            });
        co_return;
    });
    CHECK(later == 2);
}

TETHER_TEST_CASE("docs/resilience.md: breakers and shared work") {
    said = tether_test::event_log();
    set_up(breaker);
    works = false;
    for (int i = 0; i != 2; ++i) {
        try {
            co_await search("x");
        } catch (std::runtime_error const&) {
        }
    }
    works = true;
    std::string answer = co_await search("x");
    CHECK(answer ==
          "nothing: circuit breaker 'search' is open: no call for 10 s");
    co_await sleep_for(10s);
    answer = co_await search("x");
    CHECK(answer == "x");
    CHECK(said.text() == "search is open search is half-open search is closed");
    said = tether_test::event_log();
    asked = 0;
    co_await with_task_group(serve);
    CHECK(asked == 1);
    CHECK(said.text() == "a a a");
}
