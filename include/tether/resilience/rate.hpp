// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How often may something happen? A rate, made by per_second() or per(). Plain
/// code without Asio.
#ifndef TETHER_RESILIENCE_RATE_HPP
#define TETHER_RESILIENCE_RATE_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>

TETHER_BEGIN_NAMESPACE

class rate;

namespace detail {
rate make_rate(char const* verb, std::int64_t permits, std::int64_t ns);
} // namespace detail

/// So many permits in so much time, exactly: a third of a second is one.
///
/// Invariant: positive, at most one permit in a nanosecond, at least one in 73
/// years.
/// Threads: a plain value.
/// Example:
/// ```
/// tether::rate_limiter calls(tether::per(100, 1min), tether::burst{5});
/// ```
class rate {
public:
    /// Result: the permits of period(); without a common divisor of both.
    [[nodiscard]] std::int64_t permits() const noexcept { return permits_; }
    /// Result: the time in which there are permits().
    [[nodiscard]] std::chrono::nanoseconds period() const noexcept {
        return std::chrono::nanoseconds(ns_);
    }
    friend bool operator==(rate const&, rate const&) = default;

private:
    friend rate detail::make_rate(char const*, std::int64_t, std::int64_t);
    rate(std::int64_t permits, std::int64_t ns) noexcept
        : permits_(permits), ns_(ns) {}

    std::int64_t permits_;
    std::int64_t ns_;
};

namespace detail {

// Half of the time that can be told, so that sums of two spans fit.
inline constexpr std::int64_t longest_span = std::int64_t(1) << 61;
inline constexpr std::int64_t most_permits = std::int64_t(1) << 31;

template<class T>
[[noreturn]] void refuse_rate(char const* verb, T value, char const* why) {
    throw std::invalid_argument(std::string(verb) + ": " +
                                std::to_string(value) + why);
}

inline rate make_rate(char const* verb, std::int64_t permits, std::int64_t ns) {
    if (permits > ns)
        refuse_rate(verb, permits,
                    " permits are more than one in a nanosecond");
    std::int64_t const common = std::gcd(permits, ns);
    permits /= common;
    ns /= common;
    for (; permits > most_permits; permits /= 2)
        ns = ns / 2 + ns % 2; // rather too slow than too fast
    return rate(permits, ns);
}

} // namespace detail

/// The rate of `n` permits in `d`.
///
/// Errors: std::invalid_argument when one is zero or negative, or not a number,
/// or when the rate is out of the bounds of `rate`.
template<class Rep, class Period>
[[nodiscard]] rate per(std::int64_t n, std::chrono::duration<Rep, Period> d) {
    using seconds = std::chrono::duration<long double>;
    if (n <= 0)
        detail::refuse_rate("per", n, " permits are no rate: take one or more");
    if (!(d > std::chrono::duration<Rep, Period>::zero())) // or NaN
        detail::refuse_rate("per", d.count(),
                            " is no time in which permits could come");
    if (seconds(d) >= seconds(std::chrono::nanoseconds(detail::longest_span)))
        detail::refuse_rate("per", d.count(), " is more than 73 years");
    return detail::make_rate(
        "per", n,
        static_cast<std::int64_t>(
            std::chrono::ceil<std::chrono::nanoseconds>(d).count()));
}

/// The rate of `n` permits in a second; 0.1 is one in ten seconds.
///
/// Errors: as per().
[[nodiscard]] inline rate per_second(double n) {
    if (!(n > 0)) // or NaN
        detail::refuse_rate("per_second", n,
                            " permits in a second are no rate");
    if (n > 1e9)
        detail::refuse_rate("per_second", n,
                            " permits are more than one in a nanosecond");
    if (n < 1) {
        double const ns = std::ceil(1e9 / n);
        if (ns >= static_cast<double>(detail::longest_span))
            detail::refuse_rate("per_second", n,
                                ": one permit would take more than 73 years");
        return detail::make_rate("per_second", 1,
                                 static_cast<std::int64_t>(ns));
    }
    std::int64_t scale = 1; // what is no integer is one in more seconds
    while (scale < 1000000 && n * static_cast<double>(scale) < 1e8 &&
           std::floor(n * static_cast<double>(scale)) !=
               n * static_cast<double>(scale))
        scale *= 10;
    return detail::make_rate(
        "per_second", static_cast<std::int64_t>(n * static_cast<double>(scale)),
        scale * 1000000000);
}

TETHER_END_NAMESPACE

#endif
