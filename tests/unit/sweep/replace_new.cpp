// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// The allocations of this program are points of fault_sweep().
#include <tether/testing/replace_new.hpp>
