// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a destructor tell success from failure from a stop?
#ifndef TETHER_SCOPE_SCOPE_OUTCOME_HPP
#define TETHER_SCOPE_SCOPE_OUTCOME_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <exception>

TETHER_BEGIN_NAMESPACE

/// A member for guards that commit or roll back in their destructor.
///
/// A stop destroys frames without an exception, so a guard that asks
/// std::uncaught_exceptions() takes it for success and commits. This one knows.
/// Invariant: exactly one of succeeded(), failed(), stopped() when asked in the
/// destructor of a local of the coroutine that made it.
/// Threads: on the loop of the task.
/// Example:
/// \code
/// struct transaction_guard {
///     ~transaction_guard() { how.succeeded() ? tx.commit() : tx.rollback(); }
///     transaction& tx;
///     tether::scope_outcome how{};
/// };
/// \endcode
class scope_outcome {
public:
    scope_outcome() noexcept : exceptions_(std::uncaught_exceptions()) {}

    /// Whether a stop is destroying the frame.
    [[nodiscard]] bool stopped() const noexcept {
        detail::task_record const* r = detail::running_task();
        return r && r->next == detail::step::unwind && !r->parked;
    }
    /// Whether an exception is leaving the scope.
    [[nodiscard]] bool failed() const noexcept {
        return !stopped() && std::uncaught_exceptions() > exceptions_;
    }
    /// Whether control leaves the scope in the ordinary way.
    [[nodiscard]] bool succeeded() const noexcept {
        return !stopped() && !failed();
    }

private:
    int exceptions_;
};

TETHER_END_NAMESPACE

#endif
