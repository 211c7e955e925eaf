// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a SIGINT reach the main task of a runner? The first one cancels it,
/// the second one ends the run.
#ifndef TETHER_TASK_DETAIL_INTERRUPT_WATCH_HPP
#define TETHER_TASK_DETAIL_INTERRUPT_WATCH_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/kept_signal.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/root.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// For the time of one run.
class interrupt_watch {
public:
    interrupt_watch(asio::io_context& io, bool interrupt, bool terminate)
        : state_(std::make_shared<state>(io)) {
        if (interrupt)
            add(state_->interrupt, SIGINT);
        if (terminate)
            add(state_->terminate, SIGTERM);
    }
    interrupt_watch(interrupt_watch const&) = delete;
    interrupt_watch& operator=(interrupt_watch const&) = delete;
    ~interrupt_watch() { state_->end(); }

    // `ended` tells whether the root is still there.
    void begin(root_base& root, loop& home, std::function<bool()> ended) {
        state_->root = &root;
        state_->home = &home;
        state_->ended = std::move(ended);
        arm(state_);
    }
    // The first signal, 0 if none came.
    int received() const noexcept { return state_->received; }
    bool twice() const noexcept { return state_->twice; }

private:
    struct state {
        explicit state(asio::io_context& context) : io(context) {}

        void end() {
            set.reset(); // its waits end without a signal
            interrupt.reset();
            terminate.reset();
            root = nullptr;
        }

        asio::io_context& io;
        std::optional<kept_signal> interrupt;
        std::optional<kept_signal> terminate;
        std::optional<asio::signal_set> set;
        root_base* root = nullptr;
        loop* home = nullptr;
        std::function<bool()> ended;
        int received = 0;
        bool twice = false;
    };

    // Whoever has a handler of their own keeps it.
    void add(std::optional<kept_signal>& kept, int number) {
        if (!is_default(read_action(number)))
            return;
        kept.emplace(number);
        if (!state_->set)
            state_->set.emplace(state_->io);
        state_->set->add(number);
    }

    static void arm(std::shared_ptr<state> const& s) {
        if (s->set)
            s->set->async_wait(
                [s](boost::system::error_code const& error, int number) {
                    if (!error && s->root && !s->ended())
                        signalled(s, number);
                });
    }
    static void signalled(std::shared_ptr<state> const& s, int number) {
        if (s->received != 0) {
            s->twice = true;
            s->home->enter([&] { s->home->force(*s->root); });
            s->io.stop();
            return;
        }
        s->received = number;
        arm(s);
        s->home->enter(
            [&] { s->root->cancel(cancel_kind::signal, signal_name(number)); });
    }

    std::shared_ptr<state> state_;
};

// What a run that was interrupted ends with, if that is what ended it.
inline void throw_interrupted(interrupt_watch const& watch, bool stopped,
                              std::exception_ptr const& error,
                              std::string_view name) {
    if (!stopped || watch.received() == 0)
        return;
    try {
        std::rethrow_exception(error);
    } catch (cancelled_error const& e) {
        if (e.reason().kind == cancel_kind::signal)
            throw interrupted(watch.received(), e.reason(), name);
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
