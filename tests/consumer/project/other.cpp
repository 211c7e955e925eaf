// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "other.hpp"

#include <tether/scope.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>

tether::task<> add_later(int& sum, int value) {
    co_await tether::sleep_for(std::chrono::milliseconds(1));
    sum += value;
}
