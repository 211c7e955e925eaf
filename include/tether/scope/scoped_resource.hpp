// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a resource written as one function? As a coroutine with one co_yield:
/// what stands before opens it, what stands after closes it.
#ifndef TETHER_SCOPE_SCOPED_RESOURCE_HPP
#define TETHER_SCOPE_SCOPED_RESOURCE_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/scope/detail/resource_frame.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// An async_resource that a coroutine function returns.
///
/// Nothing runs before `with` or async_exit_stack::enter() opens it. The body
/// is given what was yielded, as a `T&`. `co_yield` gives the exit_reason of
/// the body: its error comes as a value and is not thrown, because what follows
/// must run also then, and a catch block cannot await.
/// Invariant: opened once. What follows the `co_yield` runs on every way out
/// but the end of the context, behind the shield of whoever closes it.
/// Parameters: `T` is the type of the variable that is yielded.
/// Errors: std::logic_error, with the line, for a coroutine that ends without a
/// `co_yield`, that reaches a second one (it is destroyed there), and for a
/// resource that is opened twice or closed before it was opened.
/// On cancellation: before the `co_yield` it destroys the coroutine, as it does
/// a task: its variables must own what they hold.
/// Threads: the loop of the task that opened it.
/// Example:
/// ```
/// scoped_resource<session> log_in(server& at, std::string user) {
///     session s = co_await at.log_in(user);
///     co_yield s;
///     co_await s.log_out();
/// }
/// co_await with(log_in(at, "me"), [](session& s) { return use(s); });
/// ```
/// Source: Python's asynccontextmanager.
template<class T>
class [[nodiscard(
    "a resource is opened by with(resource, body)")]] scoped_resource {
public:
    using promise_type = detail::resource_promise<T>;

    scoped_resource(scoped_resource&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)), state_(other.state_) {
        hold();
    }
    scoped_resource& operator=(scoped_resource&&) = delete;
    ~scoped_resource() {
        if (frame_)
            destroy();
    }

    /// Runs the coroutine to its co_yield.
    ///
    /// Errors: what it throws before, and those of the class.
    /// Completes when: it yields.
    /// On cancellation: the coroutine is destroyed; close() must not follow.
    [[nodiscard("co_await it")]] task<> open() {
        if (state_ != state::made || !frame_)
            throw std::logic_error(
                "a scoped_resource is opened once: call its function again for "
                "another one");
        state_ = state::opened;
        std::source_location const made_at = frame_->made_at;
        bool const yielded = co_await detail::resource_step<T>(*frame_);
        if (!yielded)
            throw std::logic_error("the scoped_resource at " +
                                   detail::format_location(made_at) +
                                   " ended without a co_yield: it must yield "
                                   "once what the body uses");
    }

    /// Runs the rest of the coroutine.
    ///
    /// Errors: what it throws after the co_yield, and those of the class.
    /// Completes when: it has ended.
    /// On cancellation: the coroutine is destroyed where it waits.
    [[nodiscard("co_await it")]] task<> close(exit_reason const& why) {
        if (state_ != state::opened || !frame_ || !frame_->opened)
            throw std::logic_error("a scoped_resource was closed that is not "
                                   "open: let with(resource, body) open and "
                                   "close it");
        state_ = state::closed;
        frame_->why = &why;
        std::source_location const first = frame_->where;
        bool const again = co_await detail::resource_step<T>(*frame_);
        if (again) {
            std::source_location const second = frame_->where;
            destroy();
            throw std::logic_error("the scoped_resource that yielded at " +
                                   detail::format_location(first) +
                                   " did so again at " +
                                   detail::format_location(second) +
                                   ": it must yield exactly once");
        }
    }

    /// Result: what was yielded; only while it is open.
    [[nodiscard]] T& opened() const noexcept { return *frame_->opened; }

private:
    friend promise_type;
    enum class state : unsigned char { made, opened, closed };

    explicit scoped_resource(promise_type& frame) noexcept : frame_(&frame) {
        hold();
    }
    void hold() noexcept {
        if (frame_)
            frame_->held_by(&frame_);
    }
    void destroy() noexcept {
        std::coroutine_handle<promise_type>::from_promise(*frame_).destroy();
    }

    promise_type* frame_; // null once the frame has gone
    state state_ = state::made;
};

TETHER_END_NAMESPACE

#endif
