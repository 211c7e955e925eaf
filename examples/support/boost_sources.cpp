// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The bodies of the Boost libraries for which no package is installed.
#ifdef EXAMPLE_COMPILE_JSON
#include <boost/json/src.hpp>
#endif
#ifdef EXAMPLE_COMPILE_URL
#include <boost/url/src.hpp>
#endif
