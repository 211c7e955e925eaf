// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// only: g++ 12
// expect: temporary in a co_await expression: name it first, and pass
// expect: name the argument first and pass the name, or give it a constructor
/// \file
/// An aggregate that goes to another thread or loop is destroyed twice.
#include <tether/thread/run_on.hpp>
#include <tether/thread/to_thread.hpp>

#include <string>

using namespace tether;

struct query {
    std::string text;
};
void ask(query) {}

task<> misuse(other_executor there) {
    co_await to_thread(ask, query{"select 1"});
    co_await run_on(there, ask, query{"select 1"});
}
