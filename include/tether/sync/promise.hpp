// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one task hand a value, or an error, to another one, once?
#ifndef TETHER_SYNC_PROMISE_HPP
#define TETHER_SYNC_PROMISE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/sync/detail/future_state.hpp>
#include <tether/task/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What future::statistics() tells.
struct future_statistics {
    bool ready;          ///< it has a value or an error
    std::size_t waiting; ///< tasks in wait() and get()
};

/// What a promise will give: a value of type T, or an error.
///
/// Invariant: becomes ready once and stays so. A moved-from future is empty.
/// Errors: using an empty one is std::logic_error. Destroying a future while
/// tasks wait for it writes a sentence that names them and terminates.
/// Never lost: a value that nobody took stays in the future; an error that
/// nobody saw goes to the loop's on_unhandled_error.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error.
template<class T>
class [[nodiscard("keep the future and co_await its get()")]] future {
    static_assert(!std::is_reference_v<T>,
                  "future<T&> has no place: use a pointer");

public:
    /// A future of nothing, to be moved into.
    future() noexcept = default;
    future(future&&) noexcept = default;
    future& operator=(future&& other) noexcept {
        if (this != &other) {
            refuse_waiters();
            state_ = std::move(other.state_);
        }
        return *this;
    }
    ~future() { refuse_waiters(); }

    /// Whether it belongs to a promise.
    [[nodiscard]] bool valid() const noexcept { return !!state_; }

    /// Whether it has its value or error.
    [[nodiscard]] bool is_ready() const noexcept {
        return state_ && state_->ready.is_open();
    }

    /// Waits for the value and takes it out of the future.
    ///
    /// Result: the value, which is moved; a second get() has none.
    /// Errors: what set_exception() was given; broken_promise when the promise
    /// went away first; std::logic_error when the value was taken before, or
    /// when tasks of another loop wait.
    /// Completes when: the future is ready; at once if it is. Always a
    /// checkpoint.
    /// On cancellation: the wait is given up in O(1).
    /// Never lost: a task that is stopped before it has the value leaves it in
    /// the future.
    [[nodiscard("co_await the future")]] detail::future_op<T, true>
    get(detail::call_site here = TETHER_HERE) {
        return detail::future_op<T, true>(here, known());
    }

    /// Waits until the future is ready and leaves everything in it; any number
    /// of tasks may.
    ///
    /// Errors: std::logic_error when tasks of another loop wait.
    /// Completes when: the future is ready; at once if it is. Always a
    /// checkpoint.
    /// On cancellation: the wait is given up in O(1).
    [[nodiscard("co_await the future")]] detail::future_op<T, false>
    wait(detail::call_site here = TETHER_HERE) {
        return detail::future_op<T, false>(here, known());
    }

    /// The value, without waiting and without taking it.
    ///
    /// Errors: what get() throws; std::logic_error when the future is not
    /// ready.
    detail::future_reference<T> value() const { return state().value(); }

    /// Result: its state, for logs and dumps.
    [[nodiscard]] future_statistics statistics() const noexcept {
        return {is_ready(), state_ ? state_->ready.waiting() : 0};
    }

private:
    template<class U>
    friend class promise;
    friend struct detail::future_access;

    explicit future(detail::future_ref<T> state) noexcept
        : state_(std::move(state)) {}
    detail::future_ref<T> const& known() const {
        if (!state_)
            throw std::logic_error("future: it belongs to no promise");
        return state_;
    }
    detail::future_state<T>& state() const { return *known(); }
    void refuse_waiters() noexcept {
        if (state_)
            state_->ready.check_destruction();
    }

    detail::future_ref<T> state_;
};

/// Gives a value or an error, once, to whoever has the future.
///
/// Invariant: kept once at most. A promise that goes away unkept gives its
/// future broken_promise, so that nobody waits for ever. A moved-from promise
/// is empty.
/// Errors: keeping it twice, and using an empty one, is std::logic_error.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists.
/// Example:
/// ```
/// tether::promise<config> p;
/// group.spawn(serve, p.get_future());
/// p.set_value(co_await read_config());
/// ```
/// Source: std::promise.
template<class T>
class promise {
public:
    /// Makes the state that promise and future share: the one allocation.
    promise() : state_(detail::future_ref<T>::make()) {}
    promise(promise&&) noexcept = default;
    promise& operator=(promise&& other) noexcept {
        if (this != &other) {
            break_unkept();
            state_ = std::move(other.state_);
        }
        return *this;
    }
    ~promise() { break_unkept(); }

    /// The future of this promise.
    ///
    /// Errors: std::logic_error the second time.
    [[nodiscard]] future<T> get_future() {
        detail::future_state<T>& s = state();
        if (std::exchange(s.has_future, true))
            throw std::logic_error(
                "promise::get_future: called before; there is one future");
        return future<T>(state_);
    }

    /// Keeps the promise with a value made of `args`.
    ///
    /// Errors: std::logic_error when it was kept before, or when tasks of
    /// another loop wait; what the constructor throws. Nothing is changed then.
    template<class... Args>
        requires(std::is_void_v<T> ? sizeof...(Args) == 0
                                   : std::constructible_from<T, Args...>)
    void set_value(Args&&... args) {
        unkept().keep(std::forward<Args>(args)...);
    }

    /// Keeps the promise with an error.
    ///
    /// Parameters: not null.
    /// Errors: as set_value(), and std::invalid_argument for a null pointer.
    void set_exception(std::exception_ptr error) {
        detail::future_state<T>& s = unkept();
        if (!error)
            throw std::invalid_argument(
                "promise::set_exception: a null pointer is no error");
        s.error_unread = true;
        s.fail(std::move(error));
    }

    /// Whether it was kept.
    [[nodiscard]] bool is_kept() const noexcept {
        return state_ && state_->ready.is_open();
    }

private:
    detail::future_state<T>& state() const {
        if (!state_)
            throw std::logic_error("promise: it was moved from");
        return *state_;
    }
    detail::future_state<T>& unkept() const {
        detail::future_state<T>& s = state();
        s.ready.check_use();
        if (s.ready.is_open())
            throw std::logic_error("promise: it was kept before");
        return s;
    }
    void break_unkept() noexcept {
        if (!state_ || state_->ready.is_open())
            return;
        state_->ready.check_use_noexcept();
        state_->broken = true;
        state_->fail(detail::broken_promise_error());
    }

    detail::future_ref<T> state_;
};

TETHER_END_NAMESPACE

#endif
