// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include <tether/scope.hpp>
#include <tether/task/run.hpp>

#include "other.hpp"

// Runs children that another translation unit defines.
static tether::task<int> async_main() {
    int sum = 0;
    co_await tether::with_task_group(
        [&](tether::task_group& group) -> tether::task<> {
            group.spawn(add_later, std::ref(sum), 40);
            group.spawn(add_later, std::ref(sum), 2);
            co_return;
        });
    co_return sum;
}

int main() {
    return tether::run(async_main) == 42 ? 0 : 1;
}
