// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: open it with\(resource, body\) instead
/// \file
/// A resource that opens a scope cannot be closed by a stack, out of order.
#include <tether/resilience/connection_pool.hpp>
#include <tether/scope/async_exit_stack.hpp>

#include <functional>

tether::task<> misuse(tether::async_exit_stack& stack,
                      tether::connection_pool<int>& pool) {
    co_await stack.enter(std::ref(pool));
}
