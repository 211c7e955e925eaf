// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything beyond one loop: blocking functions on threads, other executors
/// and loops, child processes, files, and threads that call into a loop.
#ifndef TETHER_THREAD_HPP
#define TETHER_THREAD_HPP

#include <tether/thread/asio_file.hpp>
#include <tether/thread/async_file.hpp>
#include <tether/thread/blocking_portal.hpp>
#include <tether/thread/cancellable_read.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/default_thread_limiter.hpp>
#include <tether/thread/exit_status.hpp>
#include <tether/thread/file_flags.hpp>
#include <tether/thread/from_future.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/limited_executor.hpp>
#include <tether/thread/loop_pool.hpp>
#include <tether/thread/other_executor.hpp>
#include <tether/thread/portal_future.hpp>
#include <tether/thread/portal_guard.hpp>
#include <tether/thread/portal_thread.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/process_errors.hpp>
#include <tether/thread/process_input.hpp>
#include <tether/thread/process_pool.hpp>
#include <tether/thread/process_pool_options.hpp>
#include <tether/thread/read_lines.hpp>
#include <tether/thread/run_on.hpp>
#include <tether/thread/run_process.hpp>
#include <tether/thread/spawn_on.hpp>
#include <tether/thread/stdio.hpp>
#include <tether/thread/to_thread.hpp>
#include <tether/thread/with_blocking_portal.hpp>
#include <tether/thread/worker_main.hpp>
#include <tether/thread/worker_threads.hpp>
#include <tether/thread/write_file_atomically.hpp>

#endif
