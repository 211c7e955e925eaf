// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How often, after which pauses and for how long does retry() try, and what
/// does it throw when it gives up?
#ifndef TETHER_RESILIENCE_RETRY_POLICY_HPP
#define TETHER_RESILIENCE_RETRY_POLICY_HPP

#include <tether/core/derived_exception_group.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/resilience/backoff.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE

class retry_budget;

/// What retry_failed keeps of the attempts.
enum class retry_errors : unsigned char {
    all,  ///< The error of each, in order.
    last, ///< The last one, with a note for each of the fifteen before it.
};

/// What can be set of a retry(); trivially destructible, so that it may stand
/// in a co_await expression.
struct retry_policy {
    /// How often the function is called at most, the first time included; at
    /// least once.
    std::size_t max_attempts = 3;
    /// The pauses between the attempts.
    tether::backoff backoff = tether::backoff::none();
    /// What chance does to them.
    tether::jitter jitter = tether::jitter::none;
    /// No attempt begins later than this after the call; one that has begun is
    /// not cut off.
    std::chrono::steady_clock::duration total =
        (std::chrono::steady_clock::duration::max)();
    /// Shared with other callers; outlives the await. None: no bound.
    retry_budget* budget = nullptr;
    /// What the error at the end keeps.
    retry_errors errors = retry_errors::all;
    /// Makes the jitter repeatable. None: different each time.
    std::optional<std::uint64_t> seed = std::nullopt;
    /// A soft cancel cuts a pause short, and no attempt begins after it; the
    /// one that goes on may finish. False: it is finished with all its
    /// attempts, as work that was begun.
    bool ends_on_soft_cancel = false;
};

/// A second base of errors that know when to come back: what a server says in
/// Retry-After. Overrides backoff and jitter.
///
/// Errors: std::invalid_argument when the duration is negative.
/// Threads: a plain value.
/// Example:
/// ```
/// struct throttled : std::runtime_error, tether::retry_hint {
///     explicit throttled(std::chrono::seconds wait)
///         : std::runtime_error("status 429"), retry_hint(wait) {}
/// };
/// ```
class retry_hint {
public:
    /// That of the loops' clock.
    using duration = std::chrono::steady_clock::duration;

    /// Result: how long to wait before the next attempt.
    [[nodiscard]] duration retry_after() const noexcept { return after_; }

protected:
    /// Parameters: how long to wait, from when the error is seen.
    explicit retry_hint(duration after) : after_(after) {
        if (after < duration::zero())
            throw std::invalid_argument("retry_hint: a negative duration");
    }
    retry_hint(retry_hint const&) noexcept = default;
    retry_hint& operator=(retry_hint const&) noexcept = default;
    ~retry_hint() = default;

private:
    duration after_;
};

/// Why retry() gave up.
enum class retry_end : unsigned char {
    attempts, ///< There were max_attempts.
    deadline, ///< The next one would begin too late, or the task is cancelled.
    budget,   ///< The shared budget was used up.
    soft_cancel, ///< There was one, and the policy ends with it.
};

/// What on_retry() is told before each pause.
struct retry_notice {
    std::size_t attempt;                       ///< that failed, from one
    std::exception_ptr const& error;           ///< its error
    std::chrono::steady_clock::duration pause; ///< until the next one
};

/// All attempts of a retry() have failed.
///
/// Invariant: its members are the errors of the attempts in their order, as
/// the policy has it; those of an attempt that threw a group are groups.
/// Threads: immutable, copies share their state.
/// Example:
/// ```
/// catch (retry_failed const& e) { log(e.what(), e.attempts()); }
/// ```
class retry_failed : public derived_exception_group<retry_failed> {
public:
    /// What retry() throws.
    retry_failed(exception_group errors, std::size_t attempts, retry_end why)
        : derived_exception_group(std::move(errors)),
          attempts_(attempts),
          why_(why) {}

    /// How often the function was called.
    [[nodiscard]] std::size_t attempts() const noexcept { return attempts_; }
    /// Why there was no further attempt.
    [[nodiscard]] retry_end why() const noexcept { return why_; }

    /// A part of it, for split().
    [[nodiscard]] retry_failed derive(exception_group part) const {
        return {std::move(part), attempts_, why_};
    }

private:
    std::size_t attempts_;
    retry_end why_;
};

/// What is retried unless the program says otherwise: std::exceptions, but
/// neither std::logic_error, which comes again, nor closed_error, nor
/// timeout_error, which may have used up the time.
///
/// Parameters: an error that is no group.
[[nodiscard]] inline bool
retryable_by_default(std::exception_ptr const& error) noexcept {
    auto const* const e = detail::as_std_exception(error);
    return e && !dynamic_cast<std::logic_error const*>(e) &&
           !dynamic_cast<closed_error const*>(e) &&
           !dynamic_cast<timeout_error const*>(e);
}

TETHER_END_NAMESPACE

#endif
