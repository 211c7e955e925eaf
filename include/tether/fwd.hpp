// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which names may a header use without the cost of Asio? This one declares the
/// types that stand in signatures and includes neither Asio nor a container.
#ifndef TETHER_FWD_HPP
#define TETHER_FWD_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>

TETHER_BEGIN_NAMESPACE

// The vocabulary: <tether/core.hpp>
enum class cancel_kind : unsigned char;
struct cancel_reason;
template<class T>
class outcome;
class exception_group;
class timeout_error;
class cancelled_error;
class task_failed;
class deadlock_error;

// Tasks: <tether/task.hpp>; task<T> is declared above
struct use_task_t;
class clock_source;
struct debug_report;
template<class T>
class runtime_local;

// Scopes: <tether/scope.hpp>; task_handle<T> and start_signal<T> as well
enum class group_policy : unsigned char;
struct task_group_options;
class task_group;
class cancel_scope;
class exit_reason;
class async_exit_stack;
template<class T>
class scoped_resource;
template<class T>
class task_local;

// Synchronisation: <tether/sync.hpp>
class barrier;
class borrowed_token;
class capacity_limiter;
class condition_variable;
class event;
template<class T>
class future;
class latch;
class mutex;
class mutex_guard;
class parking_lot;
class permit;
template<class T>
class promise;
class read_guard;
class resettable_event;
class resource_guard;
class resource_use;
class semaphore;
class shared_mutex;
class write_guard;

// Streams: <tether/stream.hpp>
template<class T>
class async_generator;
template<class T>
class sender;
template<class T>
class receiver;
class channel_capacity;
struct channel_options;

// Resilience: <tether/resilience.hpp>
class backoff;
class bulkhead;
struct bulkhead_options;
class circuit_breaker;
struct circuit_breaker_options;
class event_bus;
class event_subscription;
class rate;
class rate_limiter;
class retry_budget;
class retry_failed;
class retry_hint;
struct retry_policy;
class supervisor;
class supervisor_failed;
struct supervisor_options;

// Services: <tether/service.hpp>
class graceful_shutdown;
class health_registry;
class signal_receiver;
struct connect_options;
struct health_options;
struct health_report;
struct serve_options;
struct shutdown_options;
struct shutdown_step;

// Other threads: <tether/thread.hpp>
struct abandon_on_cancel_t;
struct to_thread_options;
struct worker_statistics;
enum class portal_stop : unsigned char;
class blocking_portal;
class limited_executor;
class loop_pool;
class other_executor;
template<class T>
class portal_future;
template<class T>
class portal_guard;
class portal_thread;

TETHER_END_NAMESPACE

#endif
