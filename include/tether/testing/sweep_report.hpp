// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a sweep say when it found nothing? How much it tried.
#ifndef TETHER_TESTING_SWEEP_REPORT_HPP
#define TETHER_TESTING_SWEEP_REPORT_HPP

#include <tether/detail/config.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// What cancel_sweep() or fault_sweep() tried without finding anything.
struct sweep_report {
    /// How often the body ran, the undisturbed runs included.
    std::size_t runs = 0;
    /// At how many points a run was disturbed.
    std::size_t points = 0;
    /// How many disturbed runs never came to their point, because the body does
    /// not do the same every time.
    std::size_t missed = 0;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
