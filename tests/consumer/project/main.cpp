// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// [program]
#include <tether/tether.hpp>

#include <cstdio>

#include "other.hpp"

using namespace std::chrono_literals;
using tether::task;

task<int> greet(char const* name, std::chrono::milliseconds wait, int value) {
    co_await tether::sleep_for(wait);
    std::printf("hello %s\n", name);
    co_return value;
}

task<> async_main() {
    auto both = co_await tether::when_all(greet("left", 10ms, 40),
                                          greet("right", 200ms, 2));
    auto& [left, right] = both;
    co_await print_sum(left, right);
}

int main() {
    tether::run(async_main);
}
// [program]
