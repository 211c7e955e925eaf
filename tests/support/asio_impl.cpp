// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The bodies of Asio, once per build: the programs are compiled with
// BOOST_ASIO_SEPARATE_COMPILATION, which saves a quarter of each file's time.
#include <boost/asio/impl/src.hpp>
