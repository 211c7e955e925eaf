// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a callback wake the task that waits for it? With the completion
/// that suspend_cancellable handed out, on the loop or from another thread.
#ifndef TETHER_TASK_COMPLETION_HPP
#define TETHER_TASK_COMPLETION_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/suspend_wait.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <exception>
#include <memory>
#include <source_location>
#include <tuple>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class T>
class remote_completion;

/// What a callback calls to end the wait of one suspend_cancellable.
///
/// Invariant: ends the wait once; afterwards, and after a move, it is empty.
/// Errors: calling an empty completion ends the program with a sentence that
/// names the await, because the value would be lost.
/// Never lost: destroyed unused, it gives the task operation_abandoned, or
/// stops it if it is cancelled.
/// Threads: only the loop of the waiting task; see remote().
/// Example:
/// ```
/// device.on_ready = [done = std::move(done)](int value) mutable {
///     done(value);
/// };
/// ```
template<class T>
class completion {
public:
    /// Made by suspend_cancellable, which hands it to its start function.
    explicit completion(detail::suspend_wait<T>& w) noexcept
        : link_(w), where_(w.where()), full_(true) {}
    completion(completion&& other) noexcept
        : link_(std::move(other.link_)),
          where_(other.where_),
          full_(std::exchange(other.full_, false)) {}
    completion& operator=(completion&&) = delete;

    /// Ends the wait with a value, `done()` for a completion of void.
    ///
    /// Result: false if the await is gone: its abort function had answered
    /// done, or threw from the start. The value is destroyed then.
    template<class... Args>
        requires(std::is_void_v<T> ? sizeof...(Args) == 0
                                   : std::is_constructible_v<T, Args...>)
    bool operator()(Args&&... args) {
        if (auto* const w = take()) {
            w->deliver(std::forward<Args>(args)...);
            return true;
        }
        return false;
    }

    /// Ends the wait with an error; the result is as for a value.
    bool fail(std::exception_ptr error) {
        if (auto* const w = take()) {
            w->fail(std::move(error));
            return true;
        }
        return false;
    }

    /// After a pending abort: the operation did not happen, the task stops. For
    /// a task that nobody cancelled this is operation_abandoned.
    bool stopped() {
        if (auto* const w = take()) {
            w->did_not_happen();
            return true;
        }
        return false;
    }

    /// Result: whether somebody still waits.
    [[nodiscard]] explicit operator bool() const noexcept {
        return link_.get() != nullptr;
    }

    /// Turns the completion into one that any thread may call. It counts as
    /// outstanding work of the executor.
    [[nodiscard]] remote_completion<T> remote() {
        return remote_completion<T>(std::move(*this));
    }

private:
    friend class remote_completion<T>;

    detail::suspend_wait<T>* take() {
        if (!std::exchange(full_, false))
            detail::fatal("a completion of suspend_cancellable was called "
                          "twice, or after it was moved from",
                          where_);
        return link_.get() ? link_.take() : nullptr;
    }

    detail::completion_link<T> link_;
    std::source_location where_;
    bool full_;
};

/// A completion for other threads: what it is given is posted to the loop.
///
/// Invariant: while it lives, the loop and its context have work, and there is
/// no verdict of deadlock; used once.
/// Errors: using it twice ends the program with a sentence.
/// Never lost: destroyed unused, it gives the task operation_abandoned.
/// Threads: made on the loop; then used and destroyed on any one thread, not
/// after the context.
/// Example:
/// ```
/// pool.submit([done = std::move(done).remote()]() mutable {
///     done.post(compute());
/// });
/// ```
template<class T>
class remote_completion {
public:
    /// Called by completion::remote().
    explicit remote_completion(completion<T>&& local)
        : state_(std::make_unique<state>(std::move(local))) {}
    remote_completion(remote_completion&&) noexcept = default;
    remote_completion& operator=(remote_completion&&) = delete;
    ~remote_completion() {
        if (state_)
            send([](completion<T>& done) { done.stopped(); });
    }

    /// Ends the wait with a value, constructed from `args` on the loop.
    template<class... Args>
    void post(Args&&... args) {
        send([values = std::tuple<std::decay_t<Args>...>(
                  std::forward<Args>(args)...)](completion<T>& done) mutable {
            std::apply([&](auto&... v) { done(std::move(v)...); }, values);
        });
    }

    /// Ends the wait with an error.
    void post_error(std::exception_ptr error) {
        send([error = std::move(error)](completion<T>& done) mutable {
            done.fail(std::move(error));
        });
    }

    /// Like completion::stopped().
    void post_stopped() {
        send([](completion<T>& done) { done.stopped(); });
    }

private:
    struct state {
        explicit state(completion<T>&& local)
            : home(detail::running_loop()),
              done(std::move(local)),
              where(done.where_) {
            if (!home)
                detail::fatal("completion::remote() was called outside of the "
                              "loop of the task",
                              where);
            work = asio::prefer(home->executor(),
                                asio::execution::outstanding_work.tracked);
            home->retain();
            home->thread_work_started();
        }
        ~state() {
            home->thread_work_ended();
            home->release();
        }

        detail::loop* home;
        completion<T> done;
        std::source_location where;
        asio::any_io_executor work;
    };

    template<class F>
    void send(F&& f) {
        if (!state_)
            detail::fatal("a remote_completion was used twice");
        asio::any_io_executor const to = state_->work;
        asio::post(to,
                   [s = std::move(state_), f = std::forward<F>(f)]() mutable {
                       detail::loop& l = *s->home;
                       l.enter([&] { f(s->done); });
                   });
    }

    std::unique_ptr<state> state_;
};

TETHER_END_NAMESPACE

#endif
