// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the callable must be a coroutine function: let it return|constraints
// not satisfied|no matching
/// \file
/// Only a coroutine function can be spawned.
#include <tether/scope.hpp>

void misuse(tether::task_group& group) {
    group.spawn([] { return 42; });
}
