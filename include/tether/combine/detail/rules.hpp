// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When is a combinator decided, and what does it deliver? One rule per family
/// of verbs, without knowledge of the types of the legs.
#ifndef TETHER_COMBINE_DETAIL_RULES_HPP
#define TETHER_COMBINE_DETAIL_RULES_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/detail/legs.hpp>

#include <cstddef>
#include <exception>
#include <limits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What becomes of the errors of legs that did not decide the result.
enum class loser_errors : unsigned char {
    report, ///< each goes to the loop's on_unhandled_error
    ignore, ///< dropped
};

namespace detail {

// What a verb was called with besides its legs.
struct legs_options {
    std::size_t wanted = 1;
    std::size_t limit = (std::numeric_limits<std::size_t>::max)();
    duration delay{};
    loser_errors losers = loser_errors::ignore;
    bool by_leg = false; // errors in the order of the legs, not of their ends
};

// What is remembered of a leg besides its value.
struct leg_result {
    leg_end how = leg_end::unstarted;
    bool winner = false;
    std::exception_ptr error;
};

// Every leg must give a value; the first error ends the others.
class all_rule : public leg_host {
public:
    static constexpr bool keeps_results = false;

protected:
    all_rule(frame_base& frame, legs_options const&) noexcept
        : leg_host(frame) {}
    ~all_rule() = default;

    void fail(std::exception_ptr error, std::size_t index) noexcept {
        look_at(error);
        decide_failed(keep_error(std::move(error), index));
    }
    void fail_source(std::exception_ptr error, std::string_view name) noexcept {
        look_at(error);
        decide_failed(keep_error(std::move(error), name));
    }
    void ended(std::size_t index, leg_end how, bool,
               std::exception_ptr&& error) noexcept {
        if (how == leg_end::error)
            fail(std::move(error), index);
    }
    bool decide() noexcept { return failed() || !incomplete(); }
    bool delivers(std::size_t) noexcept { return !failed() && !incomplete(); }
};

// The other rules look at the results of single legs.
class result_rule : public leg_host {
public:
    static constexpr bool keeps_results = true;

protected:
    result_rule(frame_base& frame, legs_options const& options) noexcept
        : leg_host(frame), options_(options) {}
    ~result_rule() = default;

    // The storage is that of the derived class; one entry for each leg there
    // will be, started or not.
    void keep_results_in(leg_result* first, std::size_t count) noexcept {
        results_ = first;
        leg_count_ = count;
    }
    leg_result& result_of(std::size_t index) noexcept {
        return results_[index];
    }
    std::size_t leg_count() const noexcept { return leg_count_; }

    legs_options const& options() const noexcept { return options_; }

    void report(std::exception_ptr error, char const* what) noexcept {
        home().unhandled(std::move(error), what);
    }
    void report_loser(std::exception_ptr error) noexcept {
        if (options_.losers == loser_errors::report)
            report(std::move(error), "a leg of a combinator failed that did "
                                     "not decide its result");
    }

private:
    legs_options options_;
    leg_result* results_ = nullptr;
    std::size_t leg_count_ = 0;
};

// Errors are values.
class settled_rule : public result_rule {
protected:
    using result_rule::result_rule;
    ~settled_rule() = default;

    void ended(std::size_t index, leg_end how, bool,
               std::exception_ptr&& error) noexcept {
        leg_result& r = result_of(index);
        r.how = how;
        if (how != leg_end::error)
            return;
        look_at(error);
        r.error = std::move(error);
    }
    bool decide() noexcept {
        if (incomplete() && !forced()) {
            for (std::size_t i = 0; i != leg_count(); ++i)
                if (leg_result& r = result_of(i); r.error)
                    report(std::move(r.error),
                           "a leg of a stopped when_all_settled failed");
        }
        return forced() || !incomplete();
    }
    bool delivers(std::size_t) noexcept { return !forced() && !incomplete(); }
};

// Whoever ends first, with a value or an error; of those that ended in the same
// turn the leftmost.
class race_rule : public result_rule {
protected:
    using result_rule::result_rule;
    ~race_rule() = default;

    static constexpr std::size_t nobody =
        (std::numeric_limits<std::size_t>::max)();

    void ended(std::size_t index, leg_end how, bool same_turn,
               std::exception_ptr&& error) noexcept {
        leg_result& r = result_of(index);
        r.how = how;
        if (how == leg_end::stopped)
            return;
        if (error) {
            look_at(error);
            r.error = std::move(error);
        }
        if (winner_ == nobody) {
            winner_ = index;
            mark_same_turn();
            decide_race();
        } else if (same_turn && index < winner_) {
            winner_ = index;
        }
    }
    bool decide() noexcept {
        for (std::size_t i = 0; i != leg_count(); ++i)
            if (leg_result& r = result_of(i); r.error && i != winner_)
                report_loser(std::move(r.error));
        return winner_ != nobody;
    }
    bool delivers(std::size_t index) noexcept {
        return !forced() && index == winner_;
    }
    std::size_t winner() const noexcept { return winner_; }

private:
    // A leg that already has what it waited for and only awaits its turn. The
    // mark is taken back by the next wait it begins.
    void mark_same_turn() noexcept {
        for_each_running([](leg_base& l) {
            if (l.started() && !l.suspended_in_checkpoint()) {
                l.runnable_at_decision = true;
                l.abort_sent = true;
            }
        });
    }

    std::size_t winner_ = nobody;
};

// The first `wanted` values; failed as soon as they cannot be had any more.
class quorum_rule : public result_rule {
protected:
    quorum_rule(frame_base& frame, legs_options const& options) noexcept
        : result_rule(frame, options) {
        if (options.wanted == 0)
            decide_empty();
    }
    ~quorum_rule() = default;

    void ended(std::size_t index, leg_end how, bool,
               std::exception_ptr&& error) noexcept {
        leg_result& r = result_of(index);
        r.how = how;
        if (how == leg_end::value) {
            if (decided())
                return;
            r.winner = true;
            if (++won_ == options().wanted)
                decide_race();
        } else if (how == leg_end::error) {
            look_at(error);
            ++lost_;
            if (options().by_leg)
                r.error = std::move(error);
            else
                keep_error(std::move(error), index);
            if (!decided() && leg_count() - lost_ < options().wanted) {
                unreachable_ = true;
                decide_failed("a leg");
            }
        }
    }
    bool decide() noexcept {
        for (std::size_t i = 0; options().by_leg && i != leg_count(); ++i)
            if (leg_result& r = result_of(i); r.error)
                keep_error(std::move(r.error), i);
        if (!unreachable_) {
            while (error_leaf* const leaf = errors().pop_front()) {
                report_loser(leaf->error);
                leaf->dispose(leaf);
            }
        }
        return won_ == options().wanted || unreachable_ || forced();
    }
    bool delivers(std::size_t index) noexcept {
        return !forced() && won_ == options().wanted && result_of(index).winner;
    }
    std::size_t winner() noexcept {
        std::size_t i = 0;
        while (!result_of(i).winner)
            ++i;
        return i;
    }

private:
    std::size_t won_ = 0;
    std::size_t lost_ = 0;
    bool unreachable_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
