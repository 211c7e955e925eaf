// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: write co_yield tether::yield_from\(item\)
// only: g++ 12
/// \file
/// An aggregate that g++ 12 would destroy twice is refused with the fix.
#include <tether/stream/async_generator.hpp>

#include <string>

struct letter {
    std::string text;
};

tether::async_generator<letter> misuse() {
    co_yield letter{"a text that is longer than the small buffer"};
}
