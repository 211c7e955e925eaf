// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do the default template arguments stand? Once, for the headers that
/// define these templates and for fwd.hpp alike.
#ifndef TETHER_DETAIL_DECLARATIONS_HPP
#define TETHER_DETAIL_DECLARATIONS_HPP

#include <tether/detail/config.hpp>

TETHER_BEGIN_NAMESPACE

template<class T = void>
class task;
template<class T = void>
class task_handle;
template<class T = void>
class start_signal;

TETHER_END_NAMESPACE

#endif
