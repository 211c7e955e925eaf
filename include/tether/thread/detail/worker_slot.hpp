// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a process_pool know of one of its workers? A place for a process
/// that takes calls, with what became of the one before.
#ifndef TETHER_THREAD_DETAIL_WORKER_SLOT_HPP
#define TETHER_THREAD_DETAIL_WORKER_SLOT_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/sync/resettable_event.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/run_process.hpp>

#include <cstddef>
#include <exception>

#include <poll.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A process runs here from start_of() to ended(). The call that has the place
// waits for a change; the task that runs the processes, until one is wanted.
struct worker_slot {
    process* child = nullptr;        // while it runs
    cancel_scope* waiting = nullptr; // for its end; cancelled at the pool's
    bool kept = false;               // a task runs its processes
    bool bound = false;              // a call has the place
    bool fit = false;                // what runs may take a call
    bool in_call = false;            // its pipes are in use
    bool answered = false;           // it has done so at least once
    bool given_up = false;           // it was killed in a call
    bool wanted = true;              // one shall run
    std::size_t failures = 0;        // processes in a row that never answered
    std::size_t starts = 0;          // of processes, and attempts
    std::size_t ends = 0;            // the same
    completed_process last;          // how the last one ended
    std::exception_ptr start_error;
    resettable_event changed;
    resettable_event demand;
    resettable_event call_over;

    void start_of(process& p, cancel_scope& until) {
        child = &p;
        waiting = &until;
        fit = true;
        answered = given_up = false;
        changed.set();
    }
    void stopped() noexcept {
        child = nullptr;
        waiting = nullptr;
        fit = false;
    }
    void ended(bool closing) {
        bool const well = answered || given_up;
        failures = well ? 0 : failures + 1;
        wanted = well && !closing;
        ++ends;
        changed.set();
    }
    // Whether something has become different is for the caller to see.
    template<class = void>
    task<> change() {
        changed.clear();
        co_await changed.wait();
    }
    void want() {
        wanted = true;
        demand.set();
    }
    // Its state is not known any more.
    void give_up() noexcept {
        fit = false;
        if (!child)
            return;
        given_up = true;
        child->kill();
    }
    // Between two calls there is nothing to read: neither bytes that nobody
    // asked for nor the end.
    bool speaks() const {
        ::pollfd look{child->out().native_handle(), POLLIN, 0};
        return ::poll(&look, 1, 0) != 0;
    }
};

// A place while a task keeps it: until the pool closes, or the task is stopped.
class slot_keeping {
public:
    explicit slot_keeping(worker_slot& s) noexcept : slot_(&s) {
        s.kept = true;
    }
    slot_keeping(slot_keeping const&) = delete;
    slot_keeping& operator=(slot_keeping const&) = delete;
    ~slot_keeping() {
        slot_->kept = false;
        ++slot_->ends;
        if (running_task())
            slot_->changed.set();
    }

private:
    worker_slot* slot_;
};

// The pipes of a worker while a call uses them: they stay so long.
class pipes_in_use {
public:
    explicit pipes_in_use(worker_slot& s) noexcept : slot_(&s) {
        s.in_call = true;
    }
    pipes_in_use(pipes_in_use const&) = delete;
    pipes_in_use& operator=(pipes_in_use const&) = delete;
    ~pipes_in_use() {
        slot_->in_call = false;
        if (running_task())
            slot_->call_over.set();
    }

private:
    worker_slot* slot_;
};

// A place while a call has it.
class slot_binding {
public:
    explicit slot_binding(worker_slot& s) noexcept : slot_(&s) {
        s.bound = true;
    }
    slot_binding(slot_binding const&) = delete;
    slot_binding& operator=(slot_binding const&) = delete;
    ~slot_binding() { slot_->bound = false; }

private:
    worker_slot* slot_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
