// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the two translation units share? A task.
#ifndef CONSUMER_OTHER_HPP
#define CONSUMER_OTHER_HPP

#include <tether/task/task.hpp>

tether::task<> add_later(int& sum, int value);

#endif
