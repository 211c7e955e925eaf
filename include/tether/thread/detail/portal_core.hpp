// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the threads that call into a loop and the task that lets them share?
/// A queue under a lock, which knows whether anybody still reads it.
#ifndef TETHER_THREAD_DETAIL_PORTAL_CORE_HPP
#define TETHER_THREAD_DETAIL_PORTAL_CORE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/thread/detail/portal_errands.hpp>
#include <tether/thread/detail/portal_request.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

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
