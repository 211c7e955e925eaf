// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the threads that call into a loop and the task that lets them share?
/// A queue under a lock, which knows whether anybody still reads it.
#ifndef TETHER_THREAD_DETAIL_PORTAL_CORE_HPP
#define TETHER_THREAD_DETAIL_PORTAL_CORE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/this_task.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <source_location>
#include <stdexcept>
#include <string>
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

// What the loop is to do for a request.
struct portal_errand {
    std::shared_ptr<portal_request> request;
    std::exception_ptr unread;
    bool begin = false;
    bool cancel = false;
};

// In the order in which they came. Made of the requests themselves: a cancel
// and an error that nobody has read must arrive without memory as well.
// Invariant: a request is in it once, with all that is wanted of it.
class portal_errands {
public:
    void begin(std::shared_ptr<portal_request> r) noexcept {
        r->to_begin_ = true;
        push(std::move(r));
    }
    void cancel(std::shared_ptr<portal_request> r) noexcept {
        r->to_cancel_ = true;
        push(std::move(r));
    }
    void report(std::shared_ptr<portal_request> r,
                std::exception_ptr unread) noexcept {
        r->unread_ = std::move(unread);
        push(std::move(r));
    }

    portal_request const* last() const noexcept { return last_; }
    portal_errand pop() noexcept {
        portal_errand e;
        e.request = std::move(first_);
        portal_request& r = *e.request;
        first_ = std::move(r.next_);
        if (!first_)
            last_ = nullptr;
        r.queued_ = false;
        e.unread = std::exchange(r.unread_, nullptr);
        e.begin = std::exchange(r.to_begin_, false);
        e.cancel = std::exchange(r.to_cancel_, false);
        return e;
    }

private:
    void push(std::shared_ptr<portal_request> r) noexcept {
        if (std::exchange(r->queued_, true))
            return;
        portal_request* const added = r.get();
        (last_ ? last_->next_ : first_) = std::move(r);
        last_ = added;
    }

    std::shared_ptr<portal_request> first_;
    portal_request* last_ = nullptr;
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
        : remote_target(home), home_(&home), plain_(home.plain_context()) {}

    // --- any thread; nothing has changed if that throws
    void submit(std::shared_ptr<portal_request> request) {
        std::lock_guard const lock(mutex());
        if (!alive() || !accepting_)
            std::rethrow_exception(portal_finished());
        ask();
        errands_.begin(std::move(request));
    }
    void cancel(std::shared_ptr<portal_request> request) {
        std::lock_guard const lock(mutex());
        if (!alive())
            return;
        ask();
        errands_.cancel(std::move(request));
    }
    void stop(bool cancel_remaining) {
        std::lock_guard const lock(mutex());
        ask();
        accepting_ = false;
        stop_asked_ = true;
        cancel_asked_ = cancel_asked_ || cancel_remaining;
    }
    // An error that nobody has read. If the loop cannot be asked, it hears of
    // it with the next errand, at the latest when the portal is closed.
    void report(std::shared_ptr<portal_request> request,
                std::exception_ptr error) noexcept {
        std::lock_guard const lock(mutex());
        if (!alive())
            return;
        errands_.report(std::move(request), std::move(error));
        try_ask();
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
    void open(task_group& group) noexcept {
        group_ = &group;
        group_access::core(group).spawns_for_threads();
    }
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
        {
            std::lock_guard const lock(mutex());
            accepting_ = false;
        }
        while (errands_.last()) { // nobody adds to them any more
            portal_errand const e = errands_.pop();
            if (e.begin)
                e.request->refuse(portal_finished());
            tell_unread(e);
        }
    }

private:
    // One at a time is under way. Its memory is free again before it is called,
    // and who asks next comes after that through the lock.
    struct answer_handler {
        using memory = handler_memory<192>;
        using allocator_type = handler_allocator<void, memory>;

        allocator_type get_allocator() const noexcept {
            return allocator_type(core->memory_);
        }
        void operator()() const { core->answer(); }

        std::shared_ptr<portal_core> core;
    };

    // Under the lock. Fails for want of memory, and only on a strand.
    void ask() {
        if (asked_ || !alive())
            return;
        answer_handler answer{shared_from_this()};
        if (plain_)
            asio::post(plain_->get_executor(), std::move(answer));
        else
            this->post(std::move(answer));
        asked_ = true;
    }

    // What is in the queue stays there for the next errand, or the end.
    void try_ask() noexcept {
        try {
            ask();
        } catch (std::bad_alloc const&) {
        }
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
        portal_request const* last = nullptr;
        bool stop = false;
        bool cancel = false;
        {
            std::lock_guard const lock(mutex());
            last = errands_.last();
            stop = stop_asked_;
            cancel = std::exchange(cancel_asked_, false);
        }
        while (last) {
            portal_errand const e = next_errand();
            if (e.request.get() == last)
                last = nullptr;
            if (e.begin)
                e.request->begin(*group_);
            if (e.cancel && !e.request->cancel())
                cancel_again(e.request);
            tell_unread(e);
        }
        if (stop)
            stopped_.set();
        if (cancel)
            group_->cancel("the blocking_portal was stopped");
    }
    // When the others had their turn.
    void cancel_again(std::shared_ptr<portal_request> const& r) noexcept {
        std::lock_guard const lock(mutex());
        errands_.cancel(r);
        try_ask();
    }
    portal_errand next_errand() noexcept {
        std::lock_guard const lock(mutex());
        return errands_.pop();
    }
    void tell_unread(portal_errand const& e) noexcept {
        if (e.unread && !home_->shutting_down())
            home_->unhandled(e.unread, "a portal_future was destroyed unread");
    }

    loop* home_;
    asio::io_context* plain_;     // while it is alive
    task_group* group_ = nullptr; // until close()
    event stopped_;
    portal_errands errands_;
    answer_handler::memory memory_;
    bool accepting_ = true;
    bool asked_ = false;
    bool stop_asked_ = false;
    bool cancel_asked_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
