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
#include <tether/sync/event.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/this_task.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

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
        try {
            child_ = spawn(group);
        } catch (...) {
            fails_to_begin(std::current_exception());
        }
        beginning_ = false;
        if (ended_early_)
            child_ended();
    }
    // Without effect on what has ended.
    void cancel() {
        if (child_)
            child_.cancel("through its portal_future");
    }
    // What else a thread may tell it.
    virtual void poke() {}
    // The portal was closed before it could begin.
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
    portal_request() = default;

    virtual task_handle<> spawn(task_group& group) = 0;
    virtual void fails_to_begin(std::exception_ptr error) noexcept = 0;
    // Whoever was not told of an end is told of a stop.
    virtual void stopped() noexcept = 0;

    task_handle<> child_;

private:
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
    std::shared_ptr<Request> const& shared() const noexcept { return request_; }

private:
    std::shared_ptr<Request> request_;
};

// Why the running task is being stopped, as the error of a border.
inline std::exception_ptr stopped_here() noexcept {
    try {
        task_record* const r = running_task();
        return std::make_exception_ptr(
            r ? cancelled_error(stop_reason(*r->inner()), r->name())
              : cancelled_error(
                    cancel_reason(cancel_kind::abandoned, {}, {}, {})));
    } catch (...) {
        return std::current_exception();
    }
}

class portal_core final : public remote_target,
                          public std::enable_shared_from_this<portal_core> {
public:
    explicit portal_core(loop& home)
        : remote_target(home.executor()), home_(&home) {}

    // --- any thread
    void submit(std::shared_ptr<portal_request> request) {
        send(std::move(request), errand::begin);
    }
    void cancel(std::shared_ptr<portal_request> request) {
        send(std::move(request), errand::cancel);
    }
    void poke(std::shared_ptr<portal_request> request) {
        send(std::move(request), errand::poke);
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
        this->post([self = shared_from_this(), error = std::move(error)] {
            if (self->alive())
                self->home_->enter([&] {
                    self->home_->unhandled(
                        error, "a portal_future was destroyed unread");
                });
        });
    }
    void refuse_loop(char const* verb) {
        bool own = running_loop() != nullptr;
        if (!own) {
            std::lock_guard const lock(mutex());
            own = alive() && home_->inside_executor();
        }
        if (own)
            throw std::logic_error(
                std::string("blocking_portal: ") + verb +
                " on a thread that runs a loop, which it would block, and "
                "wait for itself: co_await the function, or run_on() the "
                "other loop");
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
        std::deque<item> left;
        {
            std::lock_guard const lock(mutex());
            accepting_ = false;
            left.swap(items_);
        }
        for (item const& i : left)
            if (i.what == errand::begin)
                i.request->refuse(finished());
    }

private:
    enum class errand : unsigned char { begin, cancel, poke };
    struct item {
        std::shared_ptr<portal_request> request;
        errand what;
    };

    static std::exception_ptr finished() noexcept {
        try {
            return std::make_exception_ptr(
                run_finished("a call through a blocking_portal"));
        } catch (...) {
            return std::current_exception();
        }
    }
    void send(std::shared_ptr<portal_request> request, errand what) {
        std::lock_guard const lock(mutex());
        bool const open = alive() && accepting_;
        if (what == errand::begin && !open)
            std::rethrow_exception(finished());
        if (!alive())
            return;
        items_.push_back({std::move(request), what});
        try {
            ask();
        } catch (...) {
            items_.pop_back();
            throw;
        }
    }
    // Under the lock.
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
        std::deque<item> items;
        bool stop = false;
        bool cancel = false;
        {
            std::lock_guard const lock(mutex());
            items.swap(items_);
            stop = stop_asked_;
            cancel = std::exchange(cancel_asked_, false);
        }
        for (item const& i : items) {
            switch (i.what) {
            case errand::begin:
                i.request->begin(*group_);
                break;
            case errand::cancel:
                i.request->cancel();
                break;
            case errand::poke:
                i.request->poke();
                break;
            }
        }
        if (stop)
            stopped_.set();
        if (cancel)
            group_->cancel("the blocking_portal was stopped");
    }

    loop* home_;
    task_group* group_ = nullptr; // until close()
    event stopped_;
    std::deque<item> items_;
    bool accepting_ = true;
    bool asked_ = false;
    bool stop_asked_ = false;
    bool cancel_asked_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
