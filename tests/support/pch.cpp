// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Owns the precompiled header that all test programs reuse.
#include "support/pch.hpp"
