// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// All of tether but the parts for debugging and for tests, which a program
/// includes by name. A file that needs less compiles faster with the umbrella
/// of one layer, or with the header of one noun.
#ifndef TETHER_TETHER_HPP
#define TETHER_TETHER_HPP

#include <tether/combine.hpp>
#include <tether/core.hpp>
#include <tether/core/asio.hpp>
#include <tether/resilience.hpp>
#include <tether/scope.hpp>
#include <tether/service.hpp>
#include <tether/stream.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>
#include <tether/thread.hpp>
#include <tether/version.hpp>

#endif
