// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything of the vocabulary layer: how work ends, which errors there are,
/// and what to do with a tree of them. Needs the standard library only; the
/// alias to Asio is in <tether/core/asio.hpp>.
#ifndef TETHER_CORE_HPP
#define TETHER_CORE_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/collapse.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/core/handle_group.hpp>
#include <tether/core/outcome.hpp>

#endif
