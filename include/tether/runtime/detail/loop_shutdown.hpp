// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of the tasks when their context goes? Nothing is resumed any
/// more: waits are stopped, and frames destroyed as they become free.
#ifndef TETHER_RUNTIME_DETAIL_LOOP_SHUTDOWN_HPP
#define TETHER_RUNTIME_DETAIL_LOOP_SHUTDOWN_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline void loop::begin_shutdown() noexcept {
    shutting_down_ = true;
    mail_.end();
    timer_.reset();
    work_.reset();
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    borders_.for_each([](context_border& b) { b.context_ending(); });
    force(roots_);
    run_stop_callbacks(); // another thread may work until it is told
    while (!open_.empty())
        open_.front().ended();
    active_ = outer_active;
    current_loop = outer;
    if (live_ == 0)
        end_locals(); // which may hold objects of the context
}

// Destroys what is ready to be destroyed; nothing is resumed. The last one goes
// first: items that were handed to them are put back to the front of a channel,
// and are in order again. True if there was anything.
inline bool loop::drain_shut_down() noexcept {
    bool const news = mail_.read_all();
    if (ready_.empty())
        return news;
    loop_base* const outer = std::exchange(current_loop, this);
    bool const outer_active = std::exchange(active_, true);
    ready_.reverse();
    while (!ready_.empty()) {
        run<true>(ready_.pop());
        current_ = nullptr;
    }
    active_ = outer_active;
    current_loop = outer;
    unhandled_.clear();
    if (live_ == 0)
        end_locals();
    return true;
}

inline void loop::orphan(loop_owner& from_now_on) noexcept {
    orphaned_ = true;
    owner_ = &from_now_on;
    plain_ = nullptr;
    context_ = nullptr;
    executor_ = asio::any_io_executor(); // a strand refers to its service
}

// One thread at a time; whoever sends in the meantime leaves its letter.
inline void loop::read_as_stranger() noexcept {
    for (bool last = false;;) {
        retain();
        mail_.read_all();
        drain_shut_down();
        bool const left = mail_.leave([&] {
            last = references_ == 1;
            if (!last)
                --references_;
        });
        if (last)
            return release();
        if (left)
            return;
        --references_;
    }
}

// One at a time is under way. Its memory is free again before it is called, and
// the next sender comes after that through the lock of the mailbox.
struct loop::mail_handler {
    using allocator_type = handler_allocator<void, memory>;

    allocator_type get_allocator() const noexcept {
        return allocator_type(home->mail_memory_);
    }
    void operator()() {
        home->enter([l = home] { l->mail_.read_all(); });
    }

    loop* home; // kept alive by the operations that the letters are about
};

inline void loop::tell(letter& l, unsigned news, letter::reader read) noexcept {
    auto const post = [this] {
        if (plain_)
            asio::post(plain_->get_executor(), mail_handler{this});
        else
            asio::post(executor_, mail_handler{this});
    };
    if (mail_.send(l, news, read, post))
        read_as_stranger();
}

inline void loop::collect() noexcept {
    if (active_)
        return; // from inside a frame that is being destroyed
    retain();
    drain_shut_down();
    release();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
