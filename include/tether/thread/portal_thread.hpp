// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a program without a loop get one to call into? With a
/// portal_thread, a loop in a thread of its own.
#ifndef TETHER_THREAD_PORTAL_THREAD_HPP
#define TETHER_THREAD_PORTAL_THREAD_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/runner.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/blocking_portal.hpp>
#include <tether/thread/with_blocking_portal.hpp>

#include <exception>
#include <functional>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A template, as g++ compiles any other coroutine whether used or not.
template<class Opened>
task<> open_until_stopped(Opened opened) {
    auto body = [&](blocking_portal& portal) -> task<> {
        opened(portal);
        co_await portal.wait_stopped();
    };
    co_await with_blocking_portal(body);
}

} // namespace detail

/// A thread with a loop and a portal into it, for programs, or parts of one,
/// that are written without tasks.
///
/// Invariant: the portal is open from the constructor until stop(). Neither
/// copied nor moved. The destructor stops the portal, cancels what is left and
/// blocks until that has ended: join() before it to wait for what runs.
/// Parameters: `sink` hears, on the thread of the loop, of errors that nobody
/// else can receive; without one they end the program, like what leaves any
/// thread.
/// Errors: std::system_error when the thread cannot be had. Destroyed on its
/// own thread it ends the program with a sentence.
/// Threads: portal() and stop() any; join() and the destructor one that is not
/// its own.
/// Example:
/// ```
/// int main() {
///     tether::portal_thread loop;
///     auto const all = loop.portal().call(load_dashboard, user);
///     print(all);
/// }
/// ```
/// Source: anyio's start_blocking_portal.
class portal_thread {
public:
    /// See runner::error_sink.
    using error_sink = runner::error_sink;

    /// Starts the thread and blocks until its portal is open. A template for
    /// the compiler alone, which would put the loop into every unit otherwise.
    template<class = void>
    explicit portal_thread(error_sink sink = {}) {
        std::promise<blocking_portal> opened;
        std::future<blocking_portal> portal = opened.get_future();
        thread_ = std::thread(&portal_thread::work<>, std::move(opened),
                              std::move(sink));
        try {
            portal_ = portal.get();
        } catch (...) {
            thread_.join();
            throw;
        }
    }
    portal_thread(portal_thread const&) = delete;
    portal_thread& operator=(portal_thread const&) = delete;
    ~portal_thread() {
        if (!thread_.joinable())
            return;
        if (on_it())
            detail::fatal("a portal_thread was destroyed on its own thread");
        portal_.stop(portal_stop::cancel_remaining);
        thread_.join();
    }

    /// The portal, also when it is stopped.
    [[nodiscard]] blocking_portal const& portal() const noexcept {
        return portal_;
    }

    /// As blocking_portal::stop().
    void stop(portal_stop how = portal_stop::wait) const { portal_.stop(how); }

    /// Stops the portal and blocks until what runs has ended, and the thread
    /// with it. Again it does nothing.
    ///
    /// Errors: std::logic_error on a thread that runs a loop.
    void join() {
        if (!thread_.joinable())
            return;
        if (detail::running_loop() || on_it())
            throw std::logic_error("portal_thread::join() was called on a "
                                   "thread that runs a loop, which it would "
                                   "block");
        portal_.stop();
        thread_.join();
    }

private:
    bool on_it() const noexcept {
        return thread_.get_id() == std::this_thread::get_id();
    }

    // Before the portal is open an error is the constructor's.
    template<class = void>
    static void work(std::promise<blocking_portal> opened, error_sink sink) {
        bool open = false;
        auto tell = [&](blocking_portal const& portal) {
            open = true;
            opened.set_value(portal);
        };
        try {
            runner loop;
            loop.on_unhandled_error(sink);
            loop.run(detail::open_until_stopped(std::ref(tell)));
            loop.close();
        } catch (...) {
            if (!open)
                opened.set_exception(std::current_exception());
            else if (sink)
                sink(std::current_exception(), "a portal_thread has ended");
            else
                throw;
        }
    }

    blocking_portal portal_;
    std::thread thread_;
};

TETHER_END_NAMESPACE

#endif
