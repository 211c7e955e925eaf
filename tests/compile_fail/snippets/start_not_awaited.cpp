// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: co_await the start
/// \file
/// start without co_await does nothing.
#include <tether/scope.hpp>

tether::task<> serve(tether::start_signal<> started) {
    started();
    co_return;
}

void misuse(tether::task_group& group) {
    group.start(serve);
}
