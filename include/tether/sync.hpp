// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that tasks of one loop wait at for each other: permits and
/// events.
#ifndef TETHER_SYNC_HPP
#define TETHER_SYNC_HPP

#include <tether/sync/event.hpp>
#include <tether/sync/mutex.hpp>
#include <tether/sync/semaphore.hpp>

#endif
