// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the two translation units share? A task, declared without Asio.
#ifndef CONSUMER_OTHER_HPP
#define CONSUMER_OTHER_HPP

// [declaration]
#include <tether/fwd.hpp>

tether::task<> print_sum(int left, int right);
// [declaration]

#endif
