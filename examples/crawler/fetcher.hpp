// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does the crawler ask for a page? As a guest: not too often, again when
/// that may help, and not at all while the host is down.
#ifndef TETHER_EXAMPLES_CRAWLER_FETCHER_HPP
#define TETHER_EXAMPLES_CRAWLER_FETCHER_HPP

#include "http/client.hpp"
#include "options.hpp"
#include "page_record.hpp"

#include <tether/resilience/circuit_breaker.hpp>
#include <tether/resilience/keyed_limiter.hpp>
#include <tether/resilience/retry_budget.hpp>
#include <tether/task/task.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace crawler {

/// Fetches pages, each with as many tries as it takes.
///
/// Invariant: each host has a rate, which a Retry-After of it interrupts, and a
/// circuit breaker, behind which its pages wait; the retries of all pages share
/// a budget.
/// Threads: on one loop.
class fetcher {
public:
    /// Parameters: `open` makes the connections in the place of TCP.
    /// Ownership: `chosen` outlives it.
    explicit fetcher(options const& chosen, web::connector open = {});
    fetcher(fetcher const&) = delete;
    fetcher& operator=(fetcher const&) = delete;

    /// Asks for one page.
    ///
    /// Parameters: `page` is given the number of tries, and what there is to
    /// say about the last response.
    /// Result: the last response, which asks for no further try; none when a
    /// soft cancel came before it was its turn.
    /// Errors: of the last try: bad_status, web::request_failed, timeout_error.
    tether::task<std::optional<web::response>> fetch(web::urls::url address,
                                                     page_record& page);

    /// Closes the connections that no request uses.
    void close_idle() noexcept { client_.close_idle(); }

private:
    tether::task<std::optional<web::response>>
    attempt(web::urls::url const& address, page_record& page);
    tether::task<std::optional<tether::admitted_call>>
    admission(std::string const& host);

    options const& options_;
    web::client client_;
    tether::keyed_limiter<std::string> rates_;
    std::map<std::string, tether::circuit_breaker> breakers_;
    tether::retry_budget budget_;
    std::uint64_t pages_ = 0;
};

} // namespace crawler

#endif
