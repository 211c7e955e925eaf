// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread wait for a task that it has started on a loop? With the
/// portal_future that blocking_portal::spawn gave it.
#ifndef TETHER_THREAD_PORTAL_FUTURE_HPP
#define TETHER_THREAD_PORTAL_FUTURE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/detail/portal_end.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// The end of a task on a loop, for the thread that asked for it.
///
/// Invariant: move-only; dropping it neither cancels nor detaches the task,
/// which belongs to its portal. May outlive the portal.
/// Errors: waiting on a thread that runs a loop is std::logic_error, because it
/// would block that loop; what has ended can be read there as well.
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
template<class T>
class portal_future {
public:
    using value_type = T;

    /// A future of nothing.
    portal_future() noexcept = default;
    portal_future(portal_future&&) noexcept = default;
    portal_future& operator=(portal_future&& other) noexcept {
        portal_future before(std::move(*this));
        request_ = std::move(other.request_);
        end_ = std::move(other.end_);
        portal_ = std::move(other.portal_);
        return *this;
    }
    ~portal_future() {
        if (!end_)
            return;
        if (std::exception_ptr unread = end_->abandon())
            portal_.get()->report(std::move(unread));
    }

    /// Whether there is something to wait for.
    [[nodiscard]] explicit operator bool() const noexcept {
        return end_ != nullptr;
    }

    /// Whether the task has ended, however.
    [[nodiscard]] bool done() const { return end().settled(); }

    /// Blocks until the task has ended.
    void wait() const {
        refuse_loop("wait()");
        end().wait();
    }
    /// The same for at most `d`.
    ///
    /// Result: whether the task has ended, as std::future says it.
    template<class Rep, class Period>
    [[nodiscard]] std::future_status
    wait_for(std::chrono::duration<Rep, Period> d) const {
        refuse_loop("wait_for()");
        return end().wait_for(d) ? std::future_status::ready
                                 : std::future_status::timeout;
    }

    /// Blocks until the task has ended, and gives its result; once.
    ///
    /// Errors: what the task threw, unchanged; cancelled_error if it was
    /// stopped; run_finished if its loop went away before it could begin.
    T get() {
        refuse_loop("get()");
        auto const last = std::move(end_);
        if (!last)
            throw invalid_state("the portal_future has no task");
        last->wait();
        return last->take();
    }

    /// Asks the loop to cancel the task alone, and returns without waiting; it
    /// runs at least to its first checkpoint. Without effect on what has ended,
    /// also after the portal was closed.
    ///
    /// Errors: std::bad_alloc.
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

    detail::portal_end<T>& end() const {
        if (!end_)
            throw invalid_state("the portal_future has no task");
        return *end_;
    }
    void refuse_loop(char const* verb) const {
        if (end_ && !end_->settled())
            portal_.get()->refuse_loop(verb);
    }

    std::shared_ptr<detail::portal_request> request_;
    std::shared_ptr<detail::portal_end<T>> end_; // null once it was read
    detail::remote_reference<detail::portal_core> portal_;
};

TETHER_END_NAMESPACE

#endif
