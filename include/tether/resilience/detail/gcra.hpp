// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// When is the next permit due? The arithmetic of a rate limiter: one point in
/// time and no clock. Plain code without Asio.
#ifndef TETHER_RESILIENCE_DETAIL_GCRA_HPP
#define TETHER_RESILIENCE_DETAIL_GCRA_HPP

#include <tether/detail/config.hpp>
#include <tether/resilience/rate.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The generic cell rate algorithm: each permit moves the time at which the
// allowance is full again by one interval, and none is given that would move
// it more than `burst` intervals ahead. Parts of a nanosecond are kept as a
// fraction, so that no rate drifts.
class gcra {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // `initial` permits are there when it is first used.
    gcra(rate r, std::size_t burst, std::size_t initial)
        : burst_(static_cast<std::int64_t>(burst)),
          missing_(burst_ - static_cast<std::int64_t>(initial)) {
        if (burst < 1 || burst > static_cast<std::size_t>(most_permits))
            throw std::invalid_argument("rate_limiter: a burst of " +
                                        std::to_string(burst) +
                                        " permits; take one or more");
        if (initial > burst)
            throw std::invalid_argument(
                "rate_limiter: " + std::to_string(initial) +
                " initial permits are above the burst "
                "of " +
                std::to_string(burst));
        adopt(r);
    }

    std::size_t burst() const noexcept {
        return static_cast<std::size_t>(burst_);
    }

    // Takes `n` permits, at most the burst, if they are there.
    bool try_take(std::size_t n, time_point at) noexcept {
        std::int64_t const now = count(at);
        moment const full = full_at(now);
        if (due(full, n) > now)
            return false;
        full_ = later(full, static_cast<std::int64_t>(n));
        return true;
    }
    // Undoes a try_take() of the same instant.
    void put_back(std::size_t n) noexcept {
        full_ = later(full_, -static_cast<std::int64_t>(n));
    }
    // When `n` permits will be there, if nobody takes one before.
    time_point due(std::size_t n, time_point at) const noexcept {
        return point(due(full_at(count(at)), n));
    }
    std::size_t available(time_point at) const noexcept {
        std::int64_t const now = count(at);
        moment const full = full_at(now);
        std::size_t low = 0;
        std::size_t high = burst();
        while (low != high) {
            std::size_t const middle = low + (high - low + 1) / 2;
            if (due(full, middle) <= now)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
    bool full(time_point at) const noexcept { return due(burst(), at) <= at; }

    void pause_until(time_point at) noexcept {
        paused_ = (std::max)(paused_, count(at));
    }
    // What was taken stays taken: it comes back at the new rate.
    void set_rate(rate r, time_point at) {
        std::int64_t const now = count(at);
        moment const full = full_at(now);
        long double const taken =
            (static_cast<long double>(full.ns - now) + share(full)) /
            interval();
        adopt(r);
        full_ = {now, 0};
        if (taken > 0)
            full_.ns += static_cast<std::int64_t>(
                (std::min)(taken, static_cast<long double>(burst_)) *
                interval());
    }

private:
    // ns + part / permits_ nanoseconds of the steady clock.
    struct moment {
        std::int64_t ns;
        std::int64_t part;
    };

    void adopt(rate r) {
        std::int64_t const ns = r.period().count();
        if (burst_ > longest_span / (ns / r.permits() + 1))
            throw std::invalid_argument(
                "rate_limiter: a burst of " + std::to_string(burst_) +
                " permits would take more than 73 years to come back");
        permits_ = r.permits();
        whole_ = ns / permits_;
        rest_ = ns % permits_;
    }

    // Far beyond the life of a clock: time stands still there.
    static std::int64_t count(time_point at) noexcept {
        return std::clamp<std::int64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(
                at.time_since_epoch())
                .count(),
            -2 * longest_span, 2 * longest_span - 1);
    }
    static time_point point(std::int64_t ns) noexcept {
        return time_point(std::chrono::duration_cast<time_point::duration>(
            std::chrono::nanoseconds(ns)));
    }
    long double interval() const noexcept {
        return static_cast<long double>(whole_) +
               static_cast<long double>(rest_) /
                   static_cast<long double>(permits_);
    }
    long double share(moment const& m) const noexcept {
        return static_cast<long double>(m.part) /
               static_cast<long double>(permits_);
    }
    moment later(moment m, std::int64_t n) const noexcept {
        std::int64_t part = m.part + n * rest_;
        std::int64_t carry = 0;
        if (part < 0 || part >= permits_) { // seldom, and a division is slow
            carry = part / permits_;
            part %= permits_;
            if (part < 0) {
                part += permits_;
                --carry;
            }
        }
        return {m.ns + n * whole_ + carry, part};
    }
    // When the allowance is full: now, or later. A waiter is served up to a
    // nanosecond late, which is no time to forget.
    moment full_at(std::int64_t now) const noexcept {
        moment& full = full_;
        if (!started_) // what is missing counts from the first look on
            full = later({now, 0}, missing_);
        started_ = true;
        if (full.ns >= now || (full.ns == now - 1 && full.part != 0))
            return full;
        return {now, 0};
    }
    std::int64_t due(moment const& full, std::size_t n) const noexcept {
        moment const at = later(full, static_cast<std::int64_t>(n) - burst_);
        return (std::max)(at.part == 0 ? at.ns : at.ns + 1, paused_);
    }

    std::int64_t burst_;
    std::int64_t missing_;
    std::int64_t permits_ = 1;
    std::int64_t whole_ = 0; // the interval: whole_ + rest_ / permits_ ns
    std::int64_t rest_ = 0;
    mutable moment full_{0, 0};
    std::int64_t paused_ = -2 * longest_span;
    mutable bool started_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
