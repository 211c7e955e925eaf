// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does work end, which errors are there, and what can be done with a tree
/// of them? Everything of the vocabulary layer. Needs the standard library
/// only; the alias to Asio is in <tether/core/asio.hpp>.
#ifndef TETHER_CORE_HPP
#define TETHER_CORE_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/collapse.hpp>
#include <tether/core/derived_exception_group.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/core/handle_group.hpp>
#include <tether/core/outcome.hpp>

#endif
