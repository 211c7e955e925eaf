// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who replaces a worker of a process_pool that has ended? The task that keeps
/// its place: it runs one process after the other.
#ifndef TETHER_THREAD_DETAIL_WORKER_KEEPER_HPP
#define TETHER_THREAD_DETAIL_WORKER_KEEPER_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/pool_state.hpp>
#include <tether/thread/detail/worker_slot.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/run_process.hpp>

#include <exception>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Templates over the place, or each unit would compile them.

// False when the pool is closing. A process that never answered is followed by
// another one only if somebody wants it, and not at once.
template<class Slot>
task<bool> until_wanted(pool_state& pool, Slot& slot) {
    auto const closing = [&]() -> task<> {
        while (!pool.closing) {
            slot.demand.clear();
            co_await slot.demand.wait();
        }
    };
    while (!slot.wanted && !pool.closing) {
        slot.demand.clear();
        co_await slot.demand.wait();
    }
    if (slot.failures != 0 && !pool.closing)
        static_cast<void>(
            co_await move_on_after(pool.pauses.before(slot.failures), closing));
    co_return !pool.closing;
}

template<class Process>
task<> end_worker(pool_state& pool, Process& child) {
    child.close_in();
    auto const ended = co_await move_on_after(pool.options.grace, child.wait());
    if (!ended)
        static_cast<void>(co_await child.end(pool.options.grace));
}

// A call may still read what the worker has said before its end. What it has
// started may keep the pipe open.
template<class Slot, class Process>
task<> until_unused(pool_state& pool, Slot& slot, Process& child) {
    auto const unused = [&]() -> task<> {
        while (slot.in_call) {
            slot.call_over.clear();
            co_await slot.call_over.wait();
        }
    };
    bool const in_time = co_await move_on_after(pool.options.grace, unused);
    if (in_time)
        co_return;
    child.out().close();
    co_await unused();
}

// From the start of a process to its end.
template<class Slot, class Process>
task<> serve_calls(pool_state& pool, Slot& slot, Process& child) {
    struct leaving {
        Slot& slot;
        ~leaving() { slot.stopped(); }
    } const until_left{slot};
    cancel_scope until_closing;
    if (pool.closing)
        until_closing.cancel();
    slot.start_of(child, until_closing);
    ++pool.counts.started;
    static_cast<void>(
        co_await with_cancel_scope(until_closing, [&]() -> task<> {
            static_cast<void>(co_await child.wait());
        }));
    slot.waiting = nullptr;
    slot.fit = false;
    if (child.status())
        pool.counts.idle_deaths += slot.bound ? 0 : 1;
    else
        co_await end_worker(pool, child);
    co_await until_unused(pool, slot, child);
}

template<class Slot>
task<> run_worker(pool_state& pool, Slot& slot) {
    auto serve = [&](process& child) -> task<> {
        return serve_calls(pool, slot, child);
    };
    process_options options;
    options.grace = pool.options.grace;
    options.check_status = false;
    completed_process done;
    co_await run_with_process<void, decltype(serve)&>(pool.what, options, serve,
                                                      &done);
    slot.last = std::move(done);
    pool.counts.given_up += slot.given_up ? 1 : 0;
}

template<class Slot>
task<> keep_worker(pool_state& pool, Slot& slot) {
    counted_in_pool const one(pool, pool.keepers);
    slot_keeping const kept(slot);
    bool more = co_await until_wanted(pool, slot);
    while (more) {
        slot.wanted = false;
        slot.start_error = nullptr;
        ++slot.starts;
        try {
            co_await run_worker(pool, slot);
        } catch (forced_exit const&) {
            throw;
        } catch (...) {
            slot.start_error = std::current_exception();
            slot.last = {};
        }
        slot.ended(pool.closing);
        more = co_await until_wanted(pool, slot);
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
