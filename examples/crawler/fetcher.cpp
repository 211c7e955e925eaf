// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "fetcher.hpp"

#include "page_errors.hpp"

#include <tether/core/collapse.hpp>
#include <tether/core/errors.hpp>
#include <tether/resilience/backoff.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

namespace crawler {
namespace {

using namespace std::chrono_literals;
using tether::task;
using web::urls::url;

// Half of twenty requests and more: it is the host and not a page of it.
tether::circuit_breaker_options breaker_of(std::string const& host) {
    tether::circuit_breaker_options limits;
    limits.failures = 0;
    limits.failure_ratio = 0.5;
    limits.minimum_calls = 20;
    limits.open_for = 5s;
    limits.name = host;
    return limits;
}

// Evenly spaced; above a hundred per second in groups for 10 ms, because timers
// are not much finer.
tether::burst burst_of(double rate) {
    return {std::max<std::size_t>(1, static_cast<std::size_t>(rate / 100))};
}

bool may_recover(unsigned status) {
    return status == 429 || status >= 500;
}

bool is_transient(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (tether::timeout_error const&) {
        return true;
    } catch (bad_status const& e) {
        return may_recover(e.code());
    } catch (web::request_failed const& e) {
        return e.why() == web::failure::unreachable ||
               e.why() == web::failure::no_answer ||
               e.why() == web::failure::connection_lost;
    } catch (...) {
        return false;
    }
}

} // namespace

fetcher::fetcher(options const& chosen, web::connector open)
    : options_(chosen),
      client_(std::move(open)),
      rates_(tether::per_second(chosen.rate), burst_of(chosen.rate)),
      budget_({.capacity = 100, .per_call = 0.2}) {}

task<std::optional<web::response>> fetcher::fetch(url address,
                                                  page_record& page) {
    tether::retry_policy const policy{
        .max_attempts = options_.retries + std::size_t(1),
        .backoff = tether::backoff::exponential(100ms, 2.0, 5s),
        .jitter = tether::jitter::equal,
        .budget = &budget_,
        .errors = tether::retry_errors::last,
        .seed = options_.seed + ++pages_,
        .ends_on_soft_cancel = true,
    };
    try {
        co_return co_await tether::retry(policy, [&] {
            return attempt(address, page);
        }).when(is_transient);
    } catch (tether::retry_failed const&) {
        // The record has the tries; the page failed for what the last one says.
        tether::collapse(std::current_exception()).rethrow();
    }
}

// The breaker around the rate around the timeout.
task<std::optional<web::response>> fetcher::attempt(url const& address,
                                                    page_record& page) {
    std::string const host = web::origin_of(address).to_string();
    auto call = co_await admission(host);
    if (!call)
        co_return std::nullopt;
    bool const its_turn =
        co_await tether::soft_cancellable(rates_.acquire(host));
    if (!its_turn)
        co_return std::nullopt;

    ++page.tries;
    page.status = 0;
    auto const begin = tether::this_task::now();
    auto reply = co_await tether::as_outcome(
        tether::fail_after(options_.timeout, "request", client_.get(address)));
    if (reply.has_error()) {
        if (is_transient(reply.error()))
            call->failed();
        co_return std::move(reply).value();
    }
    auto const now = tether::this_task::now();
    page.status = reply->result_int();
    page.bytes = reply->body().size();
    page.latency =
        std::chrono::duration_cast<std::chrono::microseconds>(now - begin);
    if (!may_recover(page.status)) {
        call->succeeded();
        co_return std::move(reply).value();
    }
    if (page.status != 429) // that host is well, and has had enough of us
        call->failed();
    std::string const reason(reply->reason());
    if (auto const wait = web::retry_after(*reply)) {
        rates_.pause_until(host, now + *wait);
        throw come_back_later(page.status, reason, *wait);
    }
    throw bad_status(page.status, reason);
}

// A breaker that is open delays the pages of its host; it does not fail them.
task<std::optional<tether::admitted_call>>
fetcher::admission(std::string const& host) {
    auto& breaker = breakers_.try_emplace(host, breaker_of(host)).first->second;
    for (;;) {
        std::chrono::nanoseconds wait{};
        try {
            co_return breaker.admit();
        } catch (tether::circuit_open const& e) {
            wait = std::clamp<std::chrono::nanoseconds>(e.remaining(), 1ms, 1s);
        }
        bool const slept =
            co_await tether::soft_cancellable(tether::sleep_for(wait));
        if (!slept)
            co_return std::nullopt;
    }
}

} // namespace crawler
