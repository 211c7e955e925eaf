// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who is restarted with whom, how often, and what is thrown when that does not
/// help?
#ifndef TETHER_RESILIENCE_SUPERVISOR_OPTIONS_HPP
#define TETHER_RESILIENCE_SUPERVISOR_OPTIONS_HPP

#include <tether/core/derived_exception_group.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/resilience/backoff.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Which children a supervisor restarts when one has ended that must not.
enum class restart_strategy : unsigned char {
    one_for_one,  ///< That one.
    one_for_all,  ///< All of them.
    rest_for_one, ///< That one and those added after it.
};

/// When a child is restarted.
enum class restart : unsigned char {
    permanent, ///< However it ended.
    transient, ///< When it failed.
    temporary, ///< Never.
};

/// What can be set of a supervisor; trivially destructible.
struct supervisor_options {
    /// Shown in errors; outlives the supervisor, as a literal does.
    std::string_view name{};
    /// Who is restarted.
    restart_strategy strategy = restart_strategy::one_for_one;
    /// How many restarts there may be `within` a time; one more and the
    /// supervisor gives up.
    std::size_t max_restarts = 3;
    /// The time in which restarts are counted.
    std::chrono::steady_clock::duration within = std::chrono::seconds(5);
    /// The pause before the first, second, ... restart of a child in a row; a
    /// child that has lived for `within` begins a new row.
    tether::backoff backoff = tether::backoff::none();
    /// What chance does to it: supervisors of many processes that lost the same
    /// server do not come back together.
    tether::jitter jitter = tether::jitter::none;
    /// Makes the jitter repeatable. None: different each time.
    std::optional<std::uint64_t> seed = std::nullopt;
};

/// What on_failure() is told when a child has failed.
struct child_failure {
    std::string_view child;          ///< its name
    std::exception_ptr const& error; ///< what it threw
    bool restarts;                   ///< it will be restarted
};

/// Restarts did not help: a supervisor has stopped all its children.
///
/// Invariant: its members are the failures in the time in which there were too
/// many, in their order, with the names of the children; then what the others
/// threw while they were stopped.
/// Threads: immutable, copies share their state.
class supervisor_failed : public derived_exception_group<supervisor_failed> {
public:
    /// What run() throws.
    explicit supervisor_failed(exception_group errors)
        : derived_exception_group(std::move(errors)) {}
    /// A part of it, for split().
    [[nodiscard]] supervisor_failed derive(exception_group part) const {
        return supervisor_failed(std::move(part));
    }
};

namespace detail {

// When there were restarts, as far back as it matters.
class restart_window {
public:
    using time_point = std::chrono::steady_clock::time_point;

    restart_window(std::size_t max, time_point::duration within)
        : max_(max), within_(within) {}

    void clear() noexcept { times_.clear(); }
    // Result: whether one more is allowed now.
    bool allows(time_point now) {
        while (!times_.empty() && now - times_.front() >= within_)
            times_.pop_front();
        times_.push_back(now);
        return times_.size() <= max_;
    }

private:
    std::deque<time_point> times_;
    std::size_t max_;
    time_point::duration within_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
