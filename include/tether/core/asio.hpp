// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which Asio does tether speak to? The one place that names it.
#ifndef TETHER_CORE_ASIO_HPP
#define TETHER_CORE_ASIO_HPP

#include <tether/detail/config.hpp>

#include <boost/asio/detail/config.hpp>

// The headers of Asio that a file includes declare into this namespace; the
// alias only needs it to exist.
namespace boost::asio {}

TETHER_BEGIN_NAMESPACE

namespace asio = boost::asio;

TETHER_END_NAMESPACE

#endif
