// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: this type cannot be awaited in a tether::task
/// \file
/// What is no awaitable says what to await instead.
#include <tether/task/task.hpp>

#include <string>

tether::task<> misuse() {
    co_await std::string("later");
}
