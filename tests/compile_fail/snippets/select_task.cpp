// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: select\(\) takes what can be given up without a loss
/// \file
/// What cannot be given up without a loss is refused by select().
#include <tether/stream.hpp>
#include <tether/task/task.hpp>

tether::task<int> work();

tether::task<> misuse(tether::receiver<int>& rx) {
    (void)co_await tether::select(rx.receive(), work());
}
