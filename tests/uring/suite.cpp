// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The tests that know Asio's reactor, and what stands on them.
#include "unit/asio/abandoned_operation.cpp"
#include "unit/asio/abandonment.cpp"
#include "unit/asio/cancel_operation.cpp"
#include "unit/asio/demands.cpp"
#include "unit/asio/other_executors.cpp"
#include "unit/asio/races.cpp"
#include "unit/asio/small_writes.cpp"
#include "unit/asio/use_task.cpp"
#include "unit/thread/file_bytes.cpp"
#include "unit/thread/file_rules.cpp"
#include "unit/thread/file_stops.cpp"
#include "unit/thread/file_streams.cpp"
