// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are generators composed? `gen | filter(p) | transform(f) | take(3)`:
/// each adaptor is a generator that keeps the one before it.
#ifndef TETHER_STREAM_ADAPTORS_HPP
#define TETHER_STREAM_ADAPTORS_HPP

#include <tether/stream/adaptors/background.hpp>
#include <tether/stream/adaptors/elements.hpp>
#include <tether/stream/adaptors/failures.hpp>
#include <tether/stream/adaptors/joins.hpp>
#include <tether/stream/adaptors/pacing.hpp>
#include <tether/stream/adaptors/parallel.hpp>
#include <tether/stream/adaptors/sections.hpp>
#include <tether/stream/adaptors/tee.hpp>
#include <tether/stream/adaptors/timing.hpp>

#endif
