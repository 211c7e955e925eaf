// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do many callers that retry not become a storm? They share a budget.
#ifndef TETHER_RESILIENCE_RETRY_BUDGET_HPP
#define TETHER_RESILIENCE_RETRY_BUDGET_HPP

#include <tether/detail/config.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>

TETHER_BEGIN_NAMESPACE

/// What can be set of a retry_budget.
struct retry_budget_options {
    /// How many retries can be saved up; the budget begins with them.
    double capacity = 10.0;
    /// What each call pays in, however it ends: 0.1 allows one retry for ten
    /// calls.
    double per_call = 0.1;
    /// What each second pays in, for callers that call seldom.
    double per_second = 0.0;
};

/// A bucket of tokens, one for each retry, shared by the callers of a service
/// that may fail for all of them at once.
///
/// Invariant: between zero and its capacity. In any time there are at most as
/// many retries as it had at the beginning and was paid.
/// Errors: std::invalid_argument for a negative option, or a capacity below
/// one, which would never allow a retry.
/// Threads: the callers are on one loop; usable in several runs.
/// Example:
/// ```
/// tether::retry_budget budget({.per_call = 0.1});
/// co_await retry({.max_attempts = 5, .budget = &budget}, ask);
/// ```
/// Source: Finagle's retry budget.
class retry_budget {
public:
    /// That of the loops' clock.
    using time_point = std::chrono::steady_clock::time_point;

    /// A full bucket.
    explicit retry_budget(retry_budget_options options = {})
        : options_(options), tokens_(options.capacity) {
        if (!(options.capacity >= 1.0) || !(options.per_call >= 0.0) ||
            !(options.per_second >= 0.0))
            throw std::invalid_argument(
                "retry_budget: a capacity below one or a negative rate");
    }
    retry_budget(retry_budget const&) = delete;
    retry_budget& operator=(retry_budget const&) = delete;

    /// A call begins. retry() says so by itself.
    void note_call(time_point now) noexcept {
        refill(now);
        add(options_.per_call);
    }

    /// Takes one token.
    ///
    /// Result: whether there was one.
    [[nodiscard]] bool try_take(time_point now) noexcept {
        refill(now);
        // What ten tenths add up to is a hair less than one.
        if (tokens_ < 1.0 - 1e-9)
            return false;
        tokens_ = (std::max)(0.0, tokens_ - 1.0);
        return true;
    }

    /// Result: how many retries are left, as of the last call.
    [[nodiscard]] double tokens() const noexcept { return tokens_; }

private:
    void refill(time_point now) noexcept {
        if (known_ && now > last_)
            add(std::chrono::duration<double>(now - last_).count() *
                options_.per_second);
        if (!known_ || now > last_)
            last_ = now;
        known_ = true;
    }
    void add(double tokens) noexcept {
        tokens_ = (std::min)(options_.capacity, tokens_ + tokens);
    }

    retry_budget_options options_;
    double tokens_;
    time_point last_{};
    bool known_ = false;
};

TETHER_END_NAMESPACE

#endif
