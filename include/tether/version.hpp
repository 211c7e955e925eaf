// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which version of tether is this? The single source; CMake reads it.
#ifndef TETHER_VERSION_HPP
#define TETHER_VERSION_HPP

#define TETHER_VERSION_MAJOR 0
#define TETHER_VERSION_MINOR 1
#define TETHER_VERSION_PATCH 0
#define TETHER_VERSION_STRING "0.1.0"

#endif
