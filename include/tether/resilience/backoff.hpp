// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How long is the pause before the next attempt? Plain arithmetic, without a
/// loop.
#ifndef TETHER_RESILIENCE_BACKOFF_HPP
#define TETHER_RESILIENCE_BACKOFF_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>

TETHER_BEGIN_NAMESPACE

/// Pauses that follow each other: none, the same, or longer and longer.
///
/// Invariant: no pause is negative; those of an exponential one never get
/// shorter and never exceed its maximum, whatever the number.
/// Threads: a plain value.
/// Example:
/// ```
/// auto const pause = backoff::exponential(100ms, 2.0, 5s);
/// pause.before(1); // 100 ms; then 200 ms, 400 ms, and 5 s at last
/// ```
class backoff {
public:
    /// That of the loops' clock.
    using duration = std::chrono::steady_clock::duration;

    /// No pause.
    constexpr backoff() noexcept = default;
    /// The same, by name.
    [[nodiscard]] static constexpr backoff none() noexcept { return {}; }

    /// The same pause each time.
    ///
    /// Errors: std::invalid_argument when it is negative.
    [[nodiscard]] static constexpr backoff constant(duration pause) {
        return backoff(pause, 1.0, pause);
    }

    /// `initial`, then each time `factor` times the one before, up to
    /// `longest`.
    ///
    /// Errors: std::invalid_argument when a duration is negative or the factor
    /// is below one.
    [[nodiscard]] static constexpr backoff
    exponential(duration initial, double factor = 2.0,
                duration longest = (duration::max)()) {
        return backoff(initial, factor, longest);
    }

    /// Result: the pause before retry `n`, counted from one.
    [[nodiscard]] duration before(std::size_t n) const noexcept {
        if (initial_ >= longest_)
            return longest_;
        double const exponent = n > 1 ? static_cast<double>(n - 1) : 0.0;
        double const ticks =
            static_cast<double>(initial_.count()) * std::pow(factor_, exponent);
        if (!(ticks < static_cast<double>(longest_.count())))
            return longest_;
        return duration(static_cast<duration::rep>(ticks));
    }

private:
    constexpr backoff(duration initial, double factor, duration longest)
        : initial_(initial), longest_(longest), factor_(factor) {
        if (initial < duration::zero() || longest < duration::zero())
            throw std::invalid_argument("backoff: a pause is negative");
        if (!(factor >= 1.0))
            throw std::invalid_argument("backoff: the factor is below one, so "
                                        "the pauses would get shorter");
    }

    duration initial_{};
    duration longest_{};
    double factor_ = 1.0;
};

/// What chance does to a pause, so that those who failed together do not come
/// back together.
enum class jitter : unsigned char {
    none,  ///< Nothing.
    full,  ///< Anything between nothing and the pause.
    equal, ///< At least half of the pause.
};

/// The chance of a jitter: the same numbers for the same seed, on every
/// platform.
///
/// Threads: a plain value.
/// Source: SplitMix64.
class jitter_source {
public:
    /// Parameters: any number will do as a seed.
    explicit constexpr jitter_source(std::uint64_t seed) noexcept
        : state_(seed) {}

    /// Result: the pause to take in place of `pause`.
    [[nodiscard]] backoff::duration apply(jitter how,
                                          backoff::duration pause) noexcept {
        if (how == jitter::none)
            return pause;
        backoff::duration const kept =
            how == jitter::equal ? pause / 2 : backoff::duration::zero();
        double const part =
            static_cast<double>((pause - kept).count()) * fraction();
        return kept +
               backoff::duration(static_cast<backoff::duration::rep>(part));
    }

private:
    // In [0, 1); 53 bits, so that nothing is rounded up to one.
    double fraction() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }

    std::uint64_t state_;
};

namespace detail {

// What `owner` draws from without a seed: repeatable numbers would bring those
// back together who failed together.
inline std::uint64_t jitter_seed(std::optional<std::uint64_t> seed,
                                 void const* owner) noexcept {
    if (seed)
        return *seed;
    auto const ticks =
        std::chrono::steady_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(ticks) ^
           reinterpret_cast<std::uintptr_t>(owner);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
