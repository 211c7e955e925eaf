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

std::chrono::milliseconds feed_lives(1);

task<> read_feed() {
    co_await sleep_for(feed_lives);
    throw network_error();
}
task<> keep_cache() {
    co_await sleep_forever();
}

// [supervisor]
task<> keep_running() {
    supervisor sup({.name = "feeds",
                    .strategy = restart_strategy::one_for_one,
                    .max_restarts = 3,
                    .within = 10s,
                    .backoff = backoff::exponential(100ms)});
    sup.add("cache", [] { return keep_cache(); });
    sup.add("feed", [] { return read_feed(); }, restart::transient);
    sup.on_failure([](child_failure const& f) {
        said(std::string(f.child) + (f.restarts ? " again" : " given up"));
    });
    co_await sup.run();
}
// [supervisor]

// [event]
struct order_placed {
    explicit order_placed(int number) : id(number) {}
    int id;
};
// [event]

task<> send_mail(order_placed const& order) {
    co_await sleep_for(1ms);
    if (order.id == 13)
        throw network_error();
    said("mail " + std::to_string(order.id));
}
void count(order_placed const& order) {
    said("count " + std::to_string(order.id));
}

// [bus]
task<> take_orders() {
    dead_letters<order_placed> letters(100);
    auto const body = [&](task_group& group) -> task<> {
        event_bus bus(group);
        bus.on_error([&](event_failure const& f) {
            if (auto const* order = f.event<order_placed>())
                letters.add(*order, f.error());
        });
        auto const mails = bus.subscribe<order_placed>(send_mail);
        auto const counts = bus.subscribe<order_placed>(
            count, {.capacity = 100, .lag = lag_policy::drop_oldest});
        co_await bus.publish(order_placed(13));
        co_await bus.publish_and_wait(order_placed(14));
        co_await bus.close();
    };
    co_await with_task_group(body);
    while (auto letter = letters.try_receive())
        said("dead " + std::to_string(letter->item.id));
}
// [bus]

// [letters]
task<> fetch_or_keep(std::string url, dead_letters<std::string>& letters) {
    std::exception_ptr error;
    std::size_t attempts = 0;
    try {
        co_await retry({.max_attempts = 3}, [&] { return fetch(url); });
    } catch (retry_failed const& e) {
        error = std::current_exception();
        attempts = e.attempts();
    }
    if (error)
        letters.add(std::move(url), error, attempts);
}
// [letters]

// [composed]
class client {
public:
    task<std::string> get(std::string url) {
        auto const timed = [&]() -> task<std::string> {
            co_await rate_.acquire();
            co_return co_await fail_after(1s, fetch(url));
        };
        auto const placed = [&] { return places_.call(timed); };
        co_return co_await retry(
            {.max_attempts = 4, .backoff = backoff::exponential(100ms)},
            [&] { return breaker_.call(placed); })
            .on<network_error, timeout_error>();
    }

private:
    circuit_breaker breaker_{{.failures = 5, .open_for = 30s}};
    bulkhead places_{{.max_concurrent = 10, .max_queue = 50}};
    rate_limiter rate_{per_second(20)};
};
// [composed]

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

TETHER_TEST_CASE("docs/resilience.md: supervisor") {
    said = {};
    bool gave_up = false;
    try {
        co_await keep_running();
    } catch (supervisor_failed const&) {
        gave_up = true;
    }
    CHECK(gave_up);
    CHECK(said.text() == "feed again feed again feed again feed given up");
}

TETHER_TEST_CASE("docs/resilience.md: event bus and dead letters") {
    said = {};
    co_await take_orders();
    CHECK(said.text() == "count 13 count 14 mail 14 dead 13");
    refusals = 9;
    dead_letters<std::string> letters(2);
    co_await fetch_or_keep("c", letters);
    auto const letter = letters.try_receive();
    CHECK(letter.status() == channel_status::ok);
}

TETHER_TEST_CASE("docs/resilience.md: all around one call") {
    client one;
    refusals = 2;
    auto const page = co_await one.get("d");
    CHECK(page == "page of d");
}
