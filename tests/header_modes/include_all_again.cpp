// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The second unit of one program: a function that is not inline is defined
// twice by now.
#include "all.hpp"

int more_units();
int more_units() {
    return 1;
}
