// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Coroutines and their way in and out: task<T>, run, and the bridge to Asio in
/// both directions.
#ifndef TETHER_TASK_HPP
#define TETHER_TASK_HPP

#include <tether/task/awaitable.hpp>
#include <tether/task/cancel_gently.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/task/completion.hpp>
#include <tether/task/debug_options.hpp>
#include <tether/task/debug_report.hpp>
#include <tether/task/from_awaitable.hpp>
#include <tether/task/remote_call.hpp>
#include <tether/task/run.hpp>
#include <tether/task/runner.hpp>
#include <tether/task/runtime_local.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/suspend_cancellable.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_deferred.hpp>
#include <tether/task/use_task.hpp>
#include <tether/task/wrappers.hpp>

#endif
