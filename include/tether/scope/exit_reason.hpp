// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How did the work end, for the code that cleans up after it?
#ifndef TETHER_SCOPE_EXIT_REASON_HPP
#define TETHER_SCOPE_EXIT_REASON_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>

#include <exception>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Passed to cleanup code: whether the work succeeded, failed or was stopped.
///
/// Invariant: at most one of failed() and stopped().
/// Threads: a plain value.
class exit_reason {
public:
    /// The work produced its result.
    exit_reason() noexcept = default;
    /// The work threw `error`.
    explicit exit_reason(std::exception_ptr error) noexcept
        : error_(std::move(error)) {}
    /// The work was stopped because of `why`.
    explicit exit_reason(cancel_reason why) : why_(std::move(why)) {}

    /// Whether the work ended by itself without an error.
    [[nodiscard]] bool succeeded() const noexcept {
        return !failed() && !stopped();
    }
    /// Whether the work threw.
    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    /// Whether a stop ended the work.
    [[nodiscard]] bool stopped() const noexcept {
        return why_.kind != cancel_kind::none;
    }
    /// What the work threw; null unless failed().
    [[nodiscard]] std::exception_ptr const& error() const noexcept {
        return error_;
    }
    /// Why the work was stopped; kind none unless stopped().
    [[nodiscard]] cancel_reason const& reason() const noexcept { return why_; }

private:
    std::exception_ptr error_;
    cancel_reason why_;
};

TETHER_END_NAMESPACE

#endif
