// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The count of allocations, in this program too.
#include "unit/sync/allocations.cpp" // NOLINT(bugprone-suspicious-include)
