// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: the function cannot be called with these arguments: it is called
// expect: the function returns something to be awaited: let it be a coroutine
// expect: co_await it: nothing is started before
// expect: the body of run_process must be a coroutine: let it return
/// \file
/// Work for elsewhere that is no coroutine where there must be one, that does
/// not fit, or that nobody waits for.
#include <tether/task/sleep.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/run_process.hpp>

#include <chrono>

using namespace tether;

void add_one(int& n) {
    ++n;
}
auto nap() {
    return sleep_for(std::chrono::seconds(1));
}

task<> misuse(other_executor there, int n) {
    co_await run_on(there, add_one, n);
    co_await run_on(there, nap);
    run_on(there, [] {});
    co_await run_process(command("cat"), [](process& cat) { cat.close_in(); });
}
