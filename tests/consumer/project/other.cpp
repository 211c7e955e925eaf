// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "other.hpp"

#include <tether/tether.hpp>

#include <cstdio>
#include <functional>

// [definition]
static tether::task<> add_later(int& sum, int value) {
    co_await tether::checkpoint();
    sum += value;
}

tether::task<> print_sum(int left, int right) {
    int sum = 0;
    co_await tether::with_task_group(
        [&](tether::task_group& group) -> tether::task<> {
            group.spawn(add_later, std::ref(sum), left);
            group.spawn(add_later, std::ref(sum), right);
            co_return;
        });
    std::printf("the sum is %d\n", sum);
}
// [definition]
