// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that tasks of one loop wait at for each other: locks, permits,
/// events, conditions, meeting points, promises, and the part they are made of.
#ifndef TETHER_SYNC_HPP
#define TETHER_SYNC_HPP

#include <tether/sync/barrier.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/sync/condition_variable.hpp>
#include <tether/sync/event.hpp>
#include <tether/sync/latch.hpp>
#include <tether/sync/mutex.hpp>
#include <tether/sync/parking_lot.hpp>
#include <tether/sync/promise.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/sync/resource_guard.hpp>
#include <tether/sync/scoped_thread_lock.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/sync/shared_mutex.hpp>

#endif
