// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is this type a lock as the primitives of tether are: fair, cancellable, and
/// never lost?
#ifndef TETHER_TESTING_CONFORMANCE_LOCK_HPP
#define TETHER_TESTING_CONFORMANCE_LOCK_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/conformance_suite.hpp>
#include <tether/testing/detail/lock_rules.hpp>

#include <chrono>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// The rules of a lock: one holder, order of arrival, no overtaking, cancels
/// that lose nothing.
///
/// Parameters: `make()` gives a std::unique_ptr to a fresh lock for one holder
/// at a time, say a semaphore of one permit; `acquire(lock)` something to
/// await that gives a guard, which releases when it is destroyed;
/// `try_acquire(lock)` an optional-like guard, empty when that would have to
/// wait. All three are copied into the suite.
/// Example:
/// ```
/// auto const suite = lock_conformance(
///     [] { return std::make_unique<semaphore>(1); },
///     [](semaphore& s) { return s.acquire(); },
///     [](semaphore& s) { return s.try_acquire(); });
/// ```
template<class Make, class Acquire, class TryAcquire>
[[nodiscard]] conformance_suite lock_conformance(Make make, Acquire acquire,
                                                 TryAcquire try_acquire) {
    using rules = detail::lock_rules<Make, Acquire, TryAcquire>;
    return detail::suite_of(std::make_shared<rules>(
        std::move(make), std::move(acquire), std::move(try_acquire)));
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
