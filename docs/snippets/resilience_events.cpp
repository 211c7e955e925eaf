// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/resilience.md about retries, supervisors and events, run in
// virtual time.
#include "support/test_case.hpp"

#include <tether/resilience.hpp>
#include <tether/scope.hpp>

#include <stdexcept>
#include <string>

using namespace tether;
using namespace std::chrono_literals;

namespace {

tether_test::event_log said;

struct network_error : std::runtime_error {
    network_error() : std::runtime_error("connection refused") {}
};

int refusals = 0;

task<std::string> fetch(std::string url) {
    co_await sleep_for(1ms);
    if (refusals-- > 0)
        throw network_error();
    co_return "page of " + url;
}

// [retry]
task<std::string> fetch_patiently(std::string url) {
    co_return co_await retry({.max_attempts = 5,
                              .backoff = backoff::exponential(100ms, 2.0, 5s),
                              .jitter = jitter::full},
                             [&] { return fail_after(1s, fetch(url)); })
        .on<network_error, timeout_error>()
        .on_retry([](retry_notice const& notice) {
            said("attempt " + std::to_string(notice.attempt) + " failed");
        });
}
// [retry]

// [hint]
struct throttled : std::runtime_error, retry_hint {
    explicit throttled(std::chrono::seconds wait)
        : std::runtime_error("status 429"), retry_hint(wait) {}
};
// [hint]

// [budget]
retry_budget budget({.capacity = 10, .per_call = 0.1});

task<std::string> fetch_modestly(std::string url) {
    co_return co_await retry({.max_attempts = 3, .budget = &budget},
                             [&] { return fetch(url); });
}
// [budget]

} // namespace

TETHER_TEST_CASE("docs/resilience.md: retry") {
    refusals = 2;
    auto const page = co_await fetch_patiently("a");
    CHECK(page == "page of a");
    CHECK(said.text() == "attempt 1 failed attempt 2 failed");
    said = {};
    refusals = 9;
    std::string why;
    try {
        co_await fetch_modestly("b");
    } catch (retry_failed const& e) {
        why = e.what();
    }
    CHECK(why == "gave up after attempt 3 (3 sub-exceptions)");
    bool told = false;
    co_await retry({.max_attempts = 2}, [&](std::size_t n) -> task<> {
        if (n == 1)
            throw throttled(2s);
        told = true;
        co_return;
    });
    CHECK(told);
}
