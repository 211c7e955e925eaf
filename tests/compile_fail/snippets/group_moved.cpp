// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: deleted
/// \file
/// A group cannot be moved out of its scope.
#include <tether/scope.hpp>

#include <utility>

void misuse(tether::task_group& group) {
    tether::task_group moved(std::move(group));
}
