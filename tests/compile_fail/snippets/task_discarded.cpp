// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: a task does nothing until it is awaited
/// \file
/// A task that nobody awaits is a warning, an error with -Werror.
#include <tether/task/task.hpp>

tether::task<> work() {
    co_return;
}

void misuse() {
    work();
}
