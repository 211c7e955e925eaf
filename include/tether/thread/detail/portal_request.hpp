// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a thread want of a loop? A child of its own, until that has ended.
#ifndef TETHER_THREAD_DETAIL_PORTAL_REQUEST_HPP
#define TETHER_THREAD_DETAIL_PORTAL_REQUEST_HPP

#include <tether/core/cancelled_error.hpp>
#include <tether/core/thread_errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/this_task.hpp>

#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline std::exception_ptr portal_finished() noexcept {
    return made_error(
        [] { return run_finished("a call through a blocking_portal"); });
}

// Something that a thread wants of the loop. All of it but refuse() happens on
// the loop.
class portal_request : public std::enable_shared_from_this<portal_request> {
public:
    portal_request(portal_request const&) = delete;
    portal_request& operator=(portal_request const&) = delete;
    virtual ~portal_request() = default;

    // Spawns its child.
    void begin(task_group& group) noexcept {
        beginning_ = true;
        home_ = &group_access::core(group).home();
        std::exception_ptr refused;
        try {
            child_ = spawn(group);
        } catch (...) {
            refused = std::current_exception();
        }
        if (refused) // the thread is the last to let go of it
            refuse(std::move(refused));
        beginning_ = false;
        if (ended_early_)
            child_ended();
    }
    // Without effect on what has ended. False if there was no memory for it.
    bool cancel() noexcept {
        try {
            if (child_)
                child_.cancel("through its portal_future", where_);
        } catch (std::bad_alloc const&) {
            return false;
        }
        return true;
    }
    // It could not begin.
    virtual void refuse(std::exception_ptr why) noexcept = 0;

    // The frame of the child goes.
    void child_ended() noexcept {
        if (beginning_) {
            ended_early_ = true;
            return;
        }
        child_ = task_handle<>();
        stopped();
    }

protected:
    explicit portal_request(std::source_location where) noexcept
        : where_(where) {}

    virtual task_handle<> spawn(task_group& group) = 0;
    // Whoever was not told of an end is told of a stop.
    virtual void stopped() noexcept = 0;

    std::source_location where() const noexcept { return where_; }
    void continues_in(task_handle<>&& child) noexcept {
        child_ = std::move(child);
    }
    // Why the running task is being stopped, as the error of a border.
    std::exception_ptr stopped_here() const noexcept {
        if (home_->shutting_down())
            return portal_finished();
        return made_error([] {
            task_record* const r = running_task();
            return r ? cancelled_error(stop_reason(*r->inner()), r->name())
                     : cancelled_error();
        });
    }
    bool beginning() const noexcept { return beginning_; }

private:
    friend class portal_errands;

    std::source_location where_;
    loop* home_ = nullptr;
    task_handle<> child_; // as long as it lives
    bool beginning_ = false;
    bool ended_early_ = false;

    // Under the lock of the core.
    std::shared_ptr<portal_request> next_;
    std::exception_ptr unread_;
    bool queued_ = false;
    bool to_begin_ = false;
    bool to_cancel_ = false;
};

// Stands in the frame of the child, however that goes.
template<class Request>
class portal_ticket {
public:
    explicit portal_ticket(std::shared_ptr<Request> request) noexcept
        : request_(std::move(request)) {}
    portal_ticket(portal_ticket&&) noexcept = default;
    portal_ticket& operator=(portal_ticket&&) = delete;
    ~portal_ticket() {
        if (request_)
            request_->child_ended();
    }

    Request& operator*() const noexcept { return *request_; }

private:
    std::shared_ptr<Request> request_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
