// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread wait for a task that it has started on a loop? With the
/// portal_future that blocking_portal::spawn gave it.
#ifndef TETHER_THREAD_PORTAL_FUTURE_HPP
#define TETHER_THREAD_PORTAL_FUTURE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/sleep.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/detail/portal_end.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The end of a task on a loop, for the thread that asked for it.
///
/// Invariant: move-only; dropping it neither cancels nor detaches the task,
/// which belongs to its portal. May outlive the portal.
/// Errors: waiting on a thread that runs a loop is std::logic_error, because it
/// would block that loop; what has ended can be read there as well.
/// invalid_state after get() and for a future of nothing.
/// Never lost: an error that is not read, because the future was dropped: of a
/// task that still runs it is one of the portal's group, afterwards it goes to
/// the error sink of the loop, as long as the portal is open.
/// Threads: one at a time, any.
/// Example:
/// ```
/// portal_future<report> later = portal.spawn(collect, day);
/// render(page);
/// send(later.get());
/// ```
template<class T = void>
class portal_future {
public:
    /// What the task returns.
    using value_type = T;

    /// A future of nothing.
    portal_future() noexcept = default;
    portal_future(portal_future&&) noexcept = default;
    portal_future& operator=(portal_future&& other) noexcept {
        portal_future const before(std::move(*this));
        request_ = std::move(other.request_);
        end_ = std::move(other.end_);
        portal_ = std::move(other.portal_);
        return *this;
    }
    ~portal_future() {
        if (!end_)
            return;
        if (std::exception_ptr unread = end_->abandon())
            portal_.get()->report(request_, std::move(unread));
    }

    /// Whether there is something to wait for.
    [[nodiscard]] explicit operator bool() const noexcept {
        return end_ != nullptr;
    }

    /// Whether the task has ended, however.
    [[nodiscard]] bool done() const {
        return end("portal_future::done()").settled();
    }

    /// Blocks until the task has ended.
    ///
    /// Errors: those of the class.
    void wait() const { ready_to_wait("portal_future::wait()").wait(); }

    /// The same for some time; the task goes on when that is over.
    ///
    /// Parameters: real time, not negative.
    /// Result: `ready` or `timeout`, as of a std::future.
    /// Errors: those of the class; std::invalid_argument.
    template<class Rep, class Period>
    std::future_status wait_for(std::chrono::duration<Rep, Period> d) const {
        detail::check_duration(d, "portal_future::wait_for");
        auto const until =
            detail::saturated_add(std::chrono::steady_clock::now(), d);
        return ready_to_wait("portal_future::wait_for()").wait_until(until)
                   ? std::future_status::ready
                   : std::future_status::timeout;
    }

    /// Blocks until the task has ended, and gives its result; once.
    ///
    /// Errors: what the task threw, unchanged; cancelled_error if it was
    /// stopped; run_finished if its loop went away before it could end; those
    /// of the class.
    T get() {
        ready_to_wait("portal_future::get()").wait();
        auto const last = std::move(end_);
        return last->take();
    }

    /// Asks the loop to cancel the task alone, and returns without waiting; it
    /// runs at least to its first checkpoint. Without effect on what has ended,
    /// also after the portal was closed.
    ///
    /// Errors: none; where the loop is a strand std::bad_alloc.
    /// Threads: any, also one that runs a loop.
    void cancel() const {
        if (request_)
            portal_.get()->cancel(request_);
    }

private:
    friend class blocking_portal;

    portal_future(std::shared_ptr<detail::portal_request> request,
                  detail::portal_end<T>& end,
                  detail::remote_reference<detail::portal_core> portal) noexcept
        : request_(std::move(request)),
          end_(request_, &end),
          portal_(std::move(portal)) {}

    detail::portal_end<T>& end(char const* verb) const {
        if (!end_)
            throw invalid_state(
                std::string(verb) +
                " was called where there is no task: it was read, moved from, "
                "or never had one");
        return *end_;
    }
    detail::portal_end<T>& ready_to_wait(char const* verb) const {
        if (!end(verb).settled())
            portal_.get()->refuse_loop(verb);
        return *end_;
    }

    std::shared_ptr<detail::portal_request> request_;
    std::shared_ptr<detail::portal_end<T>> end_; // null once it was read
    detail::remote_reference<detail::portal_core> portal_;
};

TETHER_END_NAMESPACE

#endif
