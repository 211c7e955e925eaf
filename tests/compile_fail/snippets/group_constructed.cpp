// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: is private within this context|private constructor|no matching
// (function|constructor)
/// \file
/// A group cannot be made by hand.
#include <tether/scope.hpp>

void misuse(tether::detail::group_core& core) {
    tether::task_group group(core);
}
