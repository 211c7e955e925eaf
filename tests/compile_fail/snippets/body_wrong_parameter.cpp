// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the body must be callable without arguments or with a
/// \file
/// The body of a group takes the group.
#include <tether/scope.hpp>

tether::task<> misuse() {
    co_await tether::with_task_group([](int) -> tether::task<> { co_return; });
}
