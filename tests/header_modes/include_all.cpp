// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "all.hpp"

#include "all.hpp"

int units();
int units() {
    return 1;
}
