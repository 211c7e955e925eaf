// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: co_await the group
/// \file
/// with_task_group without co_await does nothing.
#include <tether/scope.hpp>

tether::task<> misuse() {
    tether::with_task_group(
        [](tether::task_group&) -> tether::task<> { co_return; });
    co_return;
}
