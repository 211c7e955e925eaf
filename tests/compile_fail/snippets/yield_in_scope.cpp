// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: not from inside of a scope, whose body is a task
/// \file
/// A generator cannot yield from inside of a deadline or a group.
#include <tether/scope.hpp>
#include <tether/stream/async_generator.hpp>

#include <chrono>

tether::async_generator<int> misuse() {
    co_await tether::fail_after(std::chrono::seconds(1),
                                [&]() -> tether::task<> {
                                    co_yield 1;
                                    co_return;
                                });
}
