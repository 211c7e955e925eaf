// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that opens a scope: task groups, deadlines, shields, cleanup.
#ifndef TETHER_SCOPE_HPP
#define TETHER_SCOPE_HPP

#include <tether/scope/as_outcome.hpp>
#include <tether/scope/async_exit_stack.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/cancel_handle.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/scope_outcome.hpp>
#include <tether/scope/scoped_resource.hpp>
#include <tether/scope/shield_watch.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/scope/soft_cancellable.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_group_options.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/task_local.hpp>
#include <tether/scope/try_group.hpp>
#include <tether/scope/with.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>

#endif
