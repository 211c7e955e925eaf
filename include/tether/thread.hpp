// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything beyond one loop: blocking functions on threads, other executors
/// and loops, child processes, files, and threads that call into a loop.
#ifndef TETHER_THREAD_HPP
#define TETHER_THREAD_HPP

#include <tether/thread/blocking_portal.hpp>
#include <tether/thread/limited_executor.hpp>
#include <tether/thread/loop_pool.hpp>
#include <tether/thread/other_executor.hpp>
#include <tether/thread/portal_future.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/spawn_on.hpp>

#endif
