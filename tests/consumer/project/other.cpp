// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include <tether/version.hpp>

char const* version_seen_elsewhere();

char const* version_seen_elsewhere() { return TETHER_VERSION_STRING; }
