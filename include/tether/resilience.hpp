// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that keeps a program going when others fail: retries, limits,
/// circuit breakers, supervisors, events, shared work, pools of connections,
/// transactions, measured operations.
#ifndef TETHER_RESILIENCE_HPP
#define TETHER_RESILIENCE_HPP

#include <tether/resilience/backoff.hpp>
#include <tether/resilience/bulkhead.hpp>
#include <tether/resilience/circuit_breaker.hpp>
#include <tether/resilience/circuit_breaker_options.hpp>
#include <tether/resilience/connection_lease.hpp>
#include <tether/resilience/connection_pool.hpp>
#include <tether/resilience/connection_pool_options.hpp>
#include <tether/resilience/dead_letters.hpp>
#include <tether/resilience/event_bus.hpp>
#include <tether/resilience/keyed_limiter.hpp>
#include <tether/resilience/open_transaction.hpp>
#include <tether/resilience/rate.hpp>
#include <tether/resilience/rate_limiter.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/resilience/retry_budget.hpp>
#include <tether/resilience/retry_policy.hpp>
#include <tether/resilience/single_flight.hpp>
#include <tether/resilience/supervisor.hpp>
#include <tether/resilience/supervisor_options.hpp>
#include <tether/resilience/timed_operation.hpp>
#include <tether/resilience/transaction.hpp>

#endif
