// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that a program needs to run for months: signals, exit codes,
/// health, an orderly end, and the connections of a server and of a client.
#ifndef TETHER_SERVICE_HPP
#define TETHER_SERVICE_HPP

#include <tether/service/connect_tcp.hpp>
#include <tether/service/graceful_shutdown.hpp>
#include <tether/service/health_registry.hpp>
#include <tether/service/run_main.hpp>
#include <tether/service/serve_tcp.hpp>
#include <tether/service/shutdown_options.hpp>
#include <tether/service/signal_receiver.hpp>

#endif
