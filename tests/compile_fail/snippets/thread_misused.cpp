// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: to_thread\(fn, args...\): fn cannot be called with copies of
// expect: fn is a coroutine, which does not block
// expect: captures cannot be checked: let fn be a function or a lambda
// expect: pass a value that owns it \(std::string, std::shared_ptr\)
// expect: co_await the function: it is not called before
// expect: from_thread::run\(fn, args...\): fn cannot be called with copies of
/// \file
/// Functions for a thread that do not block, do not fit, or use what may be
/// gone.
#include <tether/thread/from_thread.hpp>
#include <tether/thread/to_thread.hpp>

#include <string_view>

using namespace tether;

void add_one(int& n) {
    ++n;
}
task<> doze() {
    co_return;
}
void look(std::string_view) {}

task<> misuse(int n) {
    co_await to_thread(add_one, n);
    co_await to_thread(doze);
    co_await to_thread(abandon_on_cancel, [&] { ++n; });
    co_await to_thread(abandon_on_cancel, look, std::string_view("text"));
    to_thread([] {});
    from_thread::run(add_one, n);
}
