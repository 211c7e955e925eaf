// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a task suspended in a wait? By an awaiter that makes every one a
/// checkpoint.
#ifndef TETHER_TASK_DETAIL_LEAF_AWAITER_HPP
#define TETHER_TASK_DETAIL_LEAF_AWAITER_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/awaitable.hpp>

#include <coroutine>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A wait whose start() only stands in a line: it completes nothing, cancels
// nothing and does not throw. When its result has been taken, its destructor
// has nothing to do. If it is not one part of several it may be told so by
// start_alone(), and then end by loop::wake_suspended().
template<class W>
concept quiet_wait = requires { typename W::starts_quietly; };

// Made by connect_to(), see prompt_awaitable.
struct into_prompt {};

// A leaf wait as the compiler wants it. Every one is a checkpoint: a pending
// stop is delivered here even if the wait could finish at once.
template<wait_operation W>
class leaf_awaiter {
public:
    template<class A>
    explicit leaf_awaiter(A&& a, task_record& r = running_record())
        : wait_(std::forward<A>(a).connect()) {
        wait_access::set_record(wait_, &r);
    }
    template<class A, class Prompt>
    leaf_awaiter(into_prompt, A& a, Prompt& out, task_record& r) noexcept
        : wait_(a.connect_to(out)) {
        wait_access::set_record(wait_, &r);
    }
    template<class... Args>
    leaf_awaiter(std::in_place_t, task_record& r, Args... args) noexcept
        : wait_(args...) {
        wait_access::set_record(wait_, &r);
    }
    leaf_awaiter(leaf_awaiter const&) = delete;
    leaf_awaiter& operator=(leaf_awaiter const&) = delete;

    bool await_ready() {
        task_record& r = *wait_access::record(wait_);
        if (r.home()->stops_here(r)) [[unlikely]] {
            r.mode = await_mode::stop;
            return false;
        }
        if (!wait_.ready()) {
            r.mode = await_mode::wait;
            return false;
        }
        if (r.home()->spend_budget())
            return true;
        r.mode = await_mode::yield;
        return false;
    }

    bool await_suspend(std::coroutine_handle<>) {
        task_record& r = *wait_access::record(wait_);
        switch (r.mode) {
        case await_mode::stop:
            r.next = step::unwind;
            return true;
        case await_mode::yield:
            return yield(r);
        case await_mode::wait:
            break;
        }
        if constexpr (quiet_wait<W>) {
            wait_at_once();
            return true;
        }
        r.waits_for(wait_);
        start(r);
        if (!r.waiting()) { // completed inside start()
            if (r.next == step::unwind)
                return true;
            return r.home()->spend_budget() ? false : yield(r);
        }
        r.parked = true;
        if (r.stop_pending()) // cancelled inside start()
            r.home()->abort_wait(r);
        return true;
    }

    decltype(auto) await_resume() { return wait_.result(); }

    // In place of await_ready() and await_suspend(), for who knows already that
    // it has to wait.
    void wait_at_once() noexcept
        requires quiet_wait<W>
    {
        if constexpr (requires { wait_.start_alone(); })
            wait_.start_alone();
        else
            wait_.start();
        wait_access::record(wait_)->suspends_in(wait_);
    }
    W& operation() noexcept { return wait_; }

private:
    void start(task_record& r) {
        struct clear {
            task_record& record;
            bool failed = true;
            ~clear() {
                record.starting = false;
                if (failed)
                    record.waits_no_more();
            }
        } guard{r};
        r.starting = true;
        wait_.start();
        guard.failed = false;
    }
    static bool yield(task_record& r) noexcept {
        r.next = step::resume;
        r.parked = true;
        r.home()->enqueue(r);
        return true;
    }

    W wait_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
