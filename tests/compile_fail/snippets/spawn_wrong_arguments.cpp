// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the callable cannot be called with these arguments
/// \file
/// A reference parameter needs std::ref.
#include <tether/scope.hpp>

tether::task<> count(int& n) {
    ++n;
    co_return;
}

void misuse(tether::task_group& group, int& n) {
    group.spawn(count, n);
}
