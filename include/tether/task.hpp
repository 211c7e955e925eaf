// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that a single task needs: the coroutine type, its entry from
/// main(), time, the task that runs now, and the operations of Asio.
#ifndef TETHER_TASK_HPP
#define TETHER_TASK_HPP

#include <tether/task/awaitable.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>

#endif
