// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: deleted
/// \file
/// A group cannot be copied.
#include <tether/scope.hpp>

void misuse(tether::task_group& group) {
    tether::task_group copy(group);
}
