// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the body must be a coroutine: let it return tether::task
/// \file
/// The body of a group is a coroutine.
#include <tether/scope.hpp>

tether::task<> misuse() {
    co_await tether::with_task_group([](tether::task_group&) {});
}
