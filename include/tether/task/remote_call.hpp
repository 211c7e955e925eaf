// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does another thread say "look again" as often as it likes, without
/// flooding the loop? With a remote_call: what is asked for twice runs once.
#ifndef TETHER_TASK_REMOTE_CALL_HPP
#define TETHER_TASK_REMOTE_CALL_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/remote_target.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class remote_call_state final : public remote_target {
public:
    remote_call_state(loop& home, std::function<void()> fn)
        : remote_target(home), home_(&home), fn_(std::move(fn)) {}

    static bool ask(std::shared_ptr<remote_call_state> const& self) {
        std::lock_guard const lock(self->mutex());
        if (self->asked_ && self->alive())
            return true;
        self->asked_ = self->post([self] { self->answer(); });
        return self->asked_;
    }

private:
    // A request from here on is a new one, so that none is lost.
    void answer() {
        {
            std::lock_guard const lock(mutex());
            asked_ = false;
        }
        if (alive())
            home_->enter([this] { fn_(); });
    }

    loop* home_;
    std::function<void()> fn_;
    bool asked_ = false;
};

} // namespace detail

/// A function of a task's loop that any thread may ask for; asked for again
/// before it has begun, it runs once.
///
/// Invariant: neither copied nor moved; the function runs on the loop alone,
/// and never after the remote_call has gone.
/// Parameters: `fn` is short and does not wait: it sets an event, or cancels.
/// Errors: std::logic_error outside of a loop; what `fn` throws leaves the run,
/// like exceptions of Asio's handlers.
/// Never lost: a request that comes while `fn` runs makes it run again.
/// Threads: made and destroyed on the loop; its handles live on any thread. One
/// asio::post for each call is the form that does not coalesce.
/// Example:
/// ```
/// event changed;
/// remote_call notify([&] { changed.set(); });
/// std::jthread watcher(watch_files, notify.handle());
/// co_await changed.wait();
/// ```
/// Source: Trio's run_sync_soon with idempotent=True.
class remote_call {
public:
    /// Asks for the function from any thread.
    ///
    /// Invariant: may outlive the remote_call, the loop and the io_context.
    /// Keeps io_context::run() and the deadlock report waiting as long as the
    /// remote_call lives: somebody may still ask.
    class handle_type {
    public:
        /// A handle of nothing.
        handle_type() noexcept = default;

        /// Asks; returns without waiting.
        ///
        /// Result: false when the remote_call has gone, and the function will
        /// not run.
        /// Errors: std::bad_alloc.
        bool operator()() const {
            return target_.get() &&
                   detail::remote_call_state::ask(target_.get());
        }

    private:
        friend class remote_call;
        explicit handle_type(std::shared_ptr<detail::remote_call_state> state)
            : target_(std::move(state)) {}

        detail::remote_reference<detail::remote_call_state> target_;
    };

    /// Ties `fn` to the loop that runs.
    explicit remote_call(std::function<void()> fn)
        : state_(std::make_shared<detail::remote_call_state>(this_loop(),
                                                             std::move(fn))) {}
    remote_call(remote_call const&) = delete;
    remote_call& operator=(remote_call const&) = delete;
    ~remote_call() { state_->forget(); }

    /// Result: a handle for other threads; copies mean the same.
    [[nodiscard]] handle_type handle() const { return handle_type(state_); }

private:
    static detail::loop& this_loop() {
        if (detail::loop* const home = detail::running_loop())
            return *home;
        throw std::logic_error("a remote_call was made where no loop runs: "
                               "make it in the task that it wakes");
    }

    std::shared_ptr<detail::remote_call_state> state_;
};

TETHER_END_NAMESPACE

#endif
