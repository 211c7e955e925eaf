// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which exceptions does tether itself throw? All of them; what the errors of a
/// group are gathered in is core/exception_group.hpp.
#ifndef TETHER_CORE_ERRORS_HPP
#define TETHER_CORE_ERRORS_HPP

#include <tether/core/cancelled_error.hpp>
#include <tether/core/closed_error.hpp>
#include <tether/core/misuse_errors.hpp>
#include <tether/core/task_errors.hpp>
#include <tether/core/thread_errors.hpp>
#include <tether/core/timeout_error.hpp>

#endif
