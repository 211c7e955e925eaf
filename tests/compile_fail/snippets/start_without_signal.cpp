// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: take the signal first
/// \file
/// The function of start takes the signal first.
#include <tether/scope.hpp>

tether::task<> serve(int) {
    co_return;
}

tether::task<> misuse(tether::task_group& group) {
    co_await group.start(serve, 80);
}
