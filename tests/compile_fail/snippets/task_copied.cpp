// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: deleted|implicitly-declared
/// \file
/// A task is owned once.
#include <tether/task/task.hpp>

tether::task<> copy(tether::task<> const& other) {
    return other;
}
