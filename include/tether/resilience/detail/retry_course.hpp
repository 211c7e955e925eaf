// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// An attempt has failed: is there another one, and when? The decisions of
/// retry(), without a loop.
#ifndef TETHER_RESILIENCE_DETAIL_RETRY_COURSE_HPP
#define TETHER_RESILIENCE_DETAIL_RETRY_COURSE_HPP

#include <tether/core/detail/exception_probe.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/resilience/backoff.hpp>
#include <tether/resilience/retry_budget.hpp>
#include <tether/resilience/retry_policy.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The errors in a tree of errors that are no groups; a plain error is one.
template<class Visit>
void each_leaf(std::exception_ptr const& error, Visit visit) {
    auto const* const group =
        exception_as<exception_group>(error, as_std_exception(error));
    if (!group)
        return visit(error);
    for (auto const& leaf : group->leaves())
        visit(leaf.error());
}

// LI12: no predicate is asked about these.
inline bool never_retried(std::exception_ptr const& error) noexcept {
    return exception_as<cancelled_error>(error, as_std_exception(error)) ||
           exception_as<forced_exit>(error, nullptr);
}

// What has to be known before the first attempt; most calls read no clock for
// it.
class retry_limits {
public:
    template<class Clock>
    retry_limits(retry_policy const& policy, Clock const& now) {
        if (policy.max_attempts == 0) [[unlikely]]
            throw std::invalid_argument("retry: max_attempts is zero");
        if (policy.total < duration::zero()) [[unlikely]]
            throw std::invalid_argument("retry: a negative total");
        if (policy.total == (duration::max)() && !policy.budget) [[likely]]
            return;
        time_point const begun = now();
        ends_ = saturated_add(begun, policy.total);
        if (policy.budget)
            policy.budget->note_call(begun);
    }

    time_point ends() const noexcept { return ends_; }

private:
    time_point ends_ = (time_point::max)();
};

// From the first failure on. The policy outlives it.
class retry_course {
public:
    retry_course(retry_policy const& policy, retry_limits const& limits)
        : policy_(policy),
          ends_(limits.ends()),
          chance_(jitter_seed(policy.seed, &policy)) {}

    retry_policy const& policy() const noexcept { return policy_; }
    // Counted from one.
    std::size_t attempt() const noexcept { return attempt_; }

    // Result: the pause before the next attempt. Throws the error when it is
    // not to be retried, and retry_failed to give up.
    template<class Retryable>
    duration failed(std::exception_ptr const& error, Retryable& retryable,
                    time_point now, time_point deadline, bool asked_to_end) {
        bool wanted = true;
        std::optional<duration> hint;
        each_leaf(error, [&](std::exception_ptr const& leaf) {
            wanted = wanted && !never_retried(leaf) && retryable(leaf);
            auto const* const known =
                exception_as<retry_hint>(leaf, as_std_exception(leaf));
            if (known && (!hint || *hint < known->retry_after()))
                hint = known->retry_after();
        });
        if (!wanted)
            std::rethrow_exception(error);
        keep(error);
        if (attempt_ >= policy_.max_attempts)
            give_up(retry_end::attempts);
        if (asked_to_end && policy_.ends_on_soft_cancel)
            give_up(retry_end::soft_cancel);
        duration const pause =
            hint ? *hint
                 : chance_.apply(policy_.jitter,
                                 policy_.backoff.before(attempt_));
        if (saturated_add(now, pause) >= (std::min)(deadline, ends_))
            give_up(retry_end::deadline);
        if (policy_.budget && !policy_.budget->try_take(now))
            give_up(retry_end::budget);
        ++attempt_;
        return pause;
    }
    // The pause was cut short: the next attempt is not made.
    [[noreturn]] void ended_in_pause() {
        --attempt_;
        give_up(retry_end::soft_cancel);
    }

private:
    static constexpr std::size_t notes_kept = 15;

    std::string label() const { return "attempt " + std::to_string(attempt_); }
    void keep(std::exception_ptr const& error) {
        exception_group::member_init kept(error, label());
        if (policy_.errors == retry_errors::last && !errors_.empty()) {
            auto& before = errors_.front();
            kept.notes = std::move(before.notes);
            if (kept.notes.size() == notes_kept)
                kept.notes.erase(kept.notes.begin());
            kept.notes.push_back(before.task_name + ": " +
                                 what_of(before.error));
            errors_.clear();
        }
        errors_.push_back(std::move(kept));
    }
    [[noreturn]] void give_up(retry_end why) {
        std::string text = "gave up after " + label();
        if (why == retry_end::deadline)
            text += ", no time is left for another one";
        else if (why == retry_end::budget)
            text += ", the retry budget is used up";
        else if (why == retry_end::soft_cancel)
            text += ", a soft cancel came";
        throw retry_failed(exception_group(text, std::move(errors_)), attempt_,
                           why);
    }

    retry_policy const& policy_;
    time_point ends_;
    jitter_source chance_;
    std::vector<exception_group::member_init> errors_;
    std::size_t attempt_ = 1;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
