// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: a task is awaited once: write co_await
/// \file
/// A task that has a name must be moved into the await.
#include <tether/task/task.hpp>

tether::task<int> answer() {
    co_return 42;
}

tether::task<> misuse() {
    auto named = answer();
    co_await named;
}
