// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a copy throw that a test lets fail?
#ifndef TETHER_TESTING_INJECTED_FAULT_HPP
#define TETHER_TESTING_INJECTED_FAULT_HPP

#include <tether/detail/config.hpp>

#include <stdexcept>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// A copy or move of a throwing<T> failed because fault_sweep() wanted it.
class injected_fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
