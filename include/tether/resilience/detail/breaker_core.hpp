// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// May this call be made? The states of a circuit breaker. Plain code without
/// Asio.
#ifndef TETHER_RESILIENCE_DETAIL_BREAKER_CORE_HPP
#define TETHER_RESILIENCE_DETAIL_BREAKER_CORE_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/circuit_breaker_options.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// How many calls of the last while failed. The while moves in tenths.
class sliding_counts {
public:
    struct counts {
        std::uint64_t calls = 0;
        std::uint64_t failures = 0;
    };

    explicit sliding_counts(duration window) noexcept
        : slice_((std::max)(window / slices, duration(1))) {}

    void add(bool failed, time_point now) noexcept {
        move_to(now);
        counts& at = ring_[index_];
        ++at.calls;
        at.failures += failed ? 1 : 0;
    }
    counts sum(time_point now) noexcept {
        move_to(now);
        counts all;
        for (counts const& c : ring_) {
            all.calls += c.calls;
            all.failures += c.failures;
        }
        return all;
    }
    void clear() noexcept { ring_.fill({}); }

private:
    static constexpr std::int64_t slices = 10;

    static std::size_t index(std::int64_t slice) noexcept {
        return static_cast<std::size_t>((slice % slices + slices) % slices);
    }
    void move_to(time_point now) noexcept {
        duration const since = now.time_since_epoch();
        if (since < begin_ || since - begin_ >= slice_) [[unlikely]]
            turn_to(since / slice_);
    }
    void turn_to(std::int64_t slice) noexcept {
        if (slice - current_ >= slices || slice < current_)
            clear();
        else
            for (std::int64_t s = current_ + 1; s <= slice; ++s)
                ring_[index(s)] = {};
        current_ = slice;
        begin_ = slice * slice_;
        index_ = index(slice);
    }

    duration slice_;
    std::int64_t current_ = 0; // counted in slices
    duration begin_{};         // of the current one
    std::size_t index_ = 0;
    std::array<counts, slices> ring_{};
};

// Each change of the state begins a generation, and a call tells how it ended
// together with that in which it was admitted.
class breaker_core {
public:
    // What an admitted call keeps.
    struct ticket {
        std::uint64_t generation;
        std::uint64_t lease; // 0: no probe
    };

    explicit breaker_core(circuit_breaker_options const& options)
        : options_(options), window_(options.window) {
        leases_.reserve(options.half_open_probes);
    }

    circuit_state state() const noexcept { return state_; }

    // The call that is made without a look at the clock, while it is closed.
    ticket admit_closed() const noexcept { return {generation_, 0}; }
    // Nothing when the call must not be made.
    std::optional<ticket> admit(time_point now) {
        if (state_ == circuit_state::open && now >= until_)
            enter(circuit_state::half_open);
        if (state_ == circuit_state::closed)
            return admit_closed();
        if (state_ == circuit_state::open)
            return std::nullopt;
        std::erase_if(leases_,
                      [&](lease const& l) { return l.expires <= now; });
        if (leases_.size() >= options_.half_open_probes)
            return std::nullopt;
        leases_.push_back(
            {++last_lease_, saturated_add(now, options_.probe_timeout)});
        return ticket{generation_, last_lease_};
    }

    void settle(ticket t, call_verdict verdict, time_point now) noexcept {
        if (t.generation != generation_)
            return;
        if (t.lease != 0)
            std::erase_if(leases_,
                          [&](lease const& l) { return l.id == t.lease; });
        if (verdict == call_verdict::neutral)
            return;
        bool const failed = verdict == call_verdict::failure;
        if (state_ == circuit_state::half_open)
            probed(failed, now);
        else
            counted(failed, now);
    }

    void trip(time_point until) noexcept {
        until_ = until;
        enter(circuit_state::open);
    }
    void reset() noexcept { enter(circuit_state::closed); }

    // Until a call may be made again, as far as is known.
    duration remaining(time_point now) const noexcept {
        time_point at = now;
        if (state_ == circuit_state::open) {
            at = until_;
        } else if (state_ == circuit_state::half_open &&
                   leases_.size() >= options_.half_open_probes) {
            at = (time_point::max)();
            for (lease const& l : leases_)
                at = (std::min)(at, l.expires);
        }
        return (std::max)(at - now, duration::zero());
    }

    std::uint64_t opened() const noexcept { return opened_; }
    std::size_t consecutive_failures() const noexcept { return in_a_row_; }
    std::size_t probes() const noexcept { return leases_.size(); }
    sliding_counts::counts recent(time_point now) noexcept {
        return window_.sum(now);
    }

private:
    struct lease {
        std::uint64_t id;
        time_point expires;
    };

    void probed(bool failed, time_point now) noexcept {
        if (failed)
            trip(saturated_add(now, options_.open_for));
        else if (++successes_ >= options_.successes_to_close)
            enter(circuit_state::closed);
    }
    void counted(bool failed, time_point now) noexcept {
        window_.add(failed, now);
        in_a_row_ = failed ? in_a_row_ + 1 : 0;
        if (failed && (too_many_in_a_row() || too_many(window_.sum(now))))
            trip(saturated_add(now, options_.open_for));
    }
    bool too_many_in_a_row() const noexcept {
        return options_.failures != 0 && in_a_row_ >= options_.failures;
    }
    bool too_many(sliding_counts::counts const& c) const noexcept {
        return options_.failure_ratio > 0 &&
               c.calls >= options_.minimum_calls &&
               static_cast<double>(c.failures) >=
                   options_.failure_ratio * static_cast<double>(c.calls);
    }
    void enter(circuit_state next) noexcept {
        if (next == circuit_state::open && state_ != circuit_state::open)
            ++opened_;
        state_ = next;
        ++generation_;
        successes_ = 0;
        in_a_row_ = 0;
        leases_.clear();
        window_.clear();
    }

    circuit_breaker_options options_;
    sliding_counts window_;
    std::vector<lease> leases_; // never more than it was made for
    circuit_state state_ = circuit_state::closed;
    time_point until_{};
    std::uint64_t generation_ = 0;
    std::uint64_t last_lease_ = 0;
    std::uint64_t opened_ = 0;
    std::size_t in_a_row_ = 0;
    std::size_t successes_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
