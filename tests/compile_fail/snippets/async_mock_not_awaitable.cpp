// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: async_mock doubles a function that is awaited.*lambda
/// \file
/// What nobody can await needs no double of a coroutine function.
#include <tether/testing/async_mock.hpp>

int parse(char const* text);

tether::testing::async_mock<decltype(parse)> parse_mock;
