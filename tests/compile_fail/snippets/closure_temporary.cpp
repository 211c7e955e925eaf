// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: destroys this closure twice
// only: g++ 12
/// \file
/// A closure that g++ 12 would destroy twice is refused with the fix.
#include <tether/scope.hpp>

#include <memory>

tether::task<> misuse() {
    auto owned = std::make_unique<int>(1);
    co_await tether::with_task_group(
        [owned = std::move(owned)](tether::task_group&) -> tether::task<> {
            co_return;
        });
}
