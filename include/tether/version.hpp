// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which version of tether is this? The single source; CMake reads it.
#ifndef TETHER_VERSION_HPP
#define TETHER_VERSION_HPP

/// What breaks compatibility, from 1.0 on.
#define TETHER_VERSION_MAJOR 0
/// What adds something; before 1.0 it may break compatibility.
#define TETHER_VERSION_MINOR 1
/// What repairs something.
#define TETHER_VERSION_PATCH 0
/// The three of them, with dots between.
#define TETHER_VERSION_STRING "0.1.0"

#endif
