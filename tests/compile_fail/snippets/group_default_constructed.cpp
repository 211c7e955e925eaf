// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: no matching (function|constructor)
/// \file
/// A group has no default constructor.
#include <tether/scope.hpp>

void misuse() {
    tether::task_group group;
}
