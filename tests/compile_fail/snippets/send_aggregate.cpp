// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: write send_from\(item\)
// only: g++ 12
/// \file
/// An aggregate that g++ 12 would destroy twice is refused with the fix.
#include <tether/stream/channel.hpp>
#include <tether/task/task.hpp>

#include <string>

struct letter {
    std::string text;
};

tether::task<> misuse(tether::sender<letter>& tx) {
    co_await tx.send(letter{"a text that is longer than the small buffer"});
}
