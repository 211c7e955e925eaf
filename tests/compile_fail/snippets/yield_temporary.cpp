// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: co_yield a variable of the coroutine
/// \file
/// What a resource yields lives in its coroutine.
#include <tether/scope/scoped_resource.hpp>

#include <string>

tether::scoped_resource<std::string> misuse() {
    co_yield std::string("gone");
}
