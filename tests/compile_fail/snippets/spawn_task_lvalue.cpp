// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: cannot bind rvalue reference|no matching|deleted
/// \file
/// A task that has a name must be moved into the spawn.
#include <tether/scope.hpp>

void misuse(tether::task_group& group, tether::task<>& work) {
    group.spawn(work);
}
