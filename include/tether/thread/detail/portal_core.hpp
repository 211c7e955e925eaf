// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the threads that call into a loop and the task that lets them share?
/// A queue under a lock, which knows whether anybody still reads it.
#ifndef TETHER_THREAD_DETAIL_PORTAL_CORE_HPP
#define TETHER_THREAD_DETAIL_PORTAL_CORE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/this_task.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline std::exception_ptr portal_finished() noexcept {
    try {
        return std::make_exception_ptr(
            run_finished("a call through a blocking_portal"));
    } catch (...) {
        return std::current_exception();
    }
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
        try {
            child_ = spawn(group);
        } catch (...) {
            refuse(std::current_exception());
        }
        beginning_ = false;
        if (ended_early_)
            child_ended();
    }
    // Without effect on what has ended.
    void cancel() noexcept {
        if (child_)
            child_.cancel("through its portal_future", where_);
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
        try {
            task_record* const r = running_task();
            return std::make_exception_ptr(
                r ? cancelled_error(stop_reason(*r->inner()), r->name())
                  : cancelled_error());
        } catch (...) {
            return std::current_exception();
        }
    }
    bool beginning() const noexcept { return beginning_; }

private:
    std::source_location where_;
    loop* home_ = nullptr;
    task_handle<> child_; // as long as it lives
    bool beginning_ = false;
    bool ended_early_ = false;
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

class portal_core final : public remote_target,
                          public std::enable_shared_from_this<portal_core> {
public:
    explicit portal_core(loop& home)
        : remote_target(home.executor()), home_(&home) {}

    // --- any thread
    void submit(std::shared_ptr<portal_request> request) {
        std::lock_guard const lock(mutex());
        if (!alive() || !accepting_)
            std::rethrow_exception(portal_finished());
        send({std::move(request), errand::to_begin});
    }
    void cancel(std::shared_ptr<portal_request> request) {
        std::lock_guard const lock(mutex());
        if (alive())
            send({std::move(request), errand::to_cancel});
    }
    void stop(bool cancel_remaining) {
        std::lock_guard const lock(mutex());
        accepting_ = false;
        stop_asked_ = true;
        cancel_asked_ = cancel_asked_ || cancel_remaining;
        ask();
    }
    // An error that nobody has read.
    void report(std::exception_ptr error) {
        std::lock_guard const lock(mutex());
        this->post(
            [self = shared_from_this(), error = std::move(error)]() mutable {
                if (self->alive())
                    self->home_->enter([&] {
                        self->home_->unhandled(
                            std::move(error),
                            "a portal_future was destroyed unread");
                    });
            });
    }
    void refuse_loop(char const* verb) {
        bool blocked = running_loop() != nullptr;
        if (!blocked) {
            std::lock_guard const lock(mutex());
            blocked = alive() && home_->inside_executor();
        }
        if (blocked)
            throw std::logic_error(
                std::string(verb) +
                " was called on a thread that runs a loop, which it would "
                "block: co_await the function, or run_on() the other loop");
    }

    // --- the loop
    void open(task_group& group) noexcept { group_ = &group; }
    event& stopped() noexcept { return stopped_; }
    // Nobody is let in any more; who was begins all the same.
    void body_ended() noexcept {
        {
            std::lock_guard const lock(mutex());
            accepting_ = false;
            stop_asked_ = true;
        }
        if (!home_->shutting_down())
            serve();
    }
    // The group has gone.
    void close() noexcept {
        forget();
        std::deque<errand> left;
        {
            std::lock_guard const lock(mutex());
            accepting_ = false;
            left.swap(errands_);
        }
        for (errand const& e : left)
            if (e.what == errand::to_begin)
                e.request->refuse(portal_finished());
    }

private:
    struct errand {
        enum kind : unsigned char { to_begin, to_cancel };

        std::shared_ptr<portal_request> request;
        kind what;
    };

    // Under the lock.
    void send(errand e) {
        errands_.push_back(std::move(e));
        try {
            ask();
        } catch (...) {
            errands_.pop_back();
            throw;
        }
    }
    void ask() {
        if (!asked_)
            asked_ =
                this->post([self = shared_from_this()] { self->answer(); });
    }

    void answer() {
        {
            std::lock_guard const lock(mutex());
            asked_ = false;
        }
        if (alive())
            home_->enter([this] { serve(); });
    }
    void serve() noexcept {
        std::deque<errand> errands;
        bool stop = false;
        bool cancel = false;
        {
            std::lock_guard const lock(mutex());
            errands.swap(errands_);
            stop = stop_asked_;
            cancel = std::exchange(cancel_asked_, false);
        }
        for (errand const& e : errands) {
            if (e.what == errand::to_begin)
                e.request->begin(*group_);
            else
                e.request->cancel();
        }
        if (stop)
            stopped_.set();
        if (cancel)
            group_->cancel("the blocking_portal was stopped");
    }

    loop* home_;
    task_group* group_ = nullptr; // until close()
    event stopped_;
    std::deque<errand> errands_;
    bool accepting_ = true;
    bool asked_ = false;
    bool stop_asked_ = false;
    bool cancel_asked_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
