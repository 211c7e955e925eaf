// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who notices a step that does not end? A thread, which looks at what the loop
/// publishes.
#ifndef TETHER_TASK_DETAIL_WATCHDOG_HPP
#define TETHER_TASK_DETAIL_WATCHDOG_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/debug_report.hpp>
#include <tether/task/detail/current_step.hpp>
#include <tether/task/detail/step_watch.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#if !defined(_WIN32)
#include <csignal>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// A thread that is started meanwhile handles none.
class signals_held_back {
public:
#if defined(_WIN32)
    signals_held_back() noexcept {} // NOLINT(modernize-use-equals-default)
    ~signals_held_back() {}         // NOLINT(modernize-use-equals-default)
#else
    signals_held_back() noexcept {
        ::sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_held_back() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
#endif
    signals_held_back(signals_held_back const&) = delete;
    signals_held_back& operator=(signals_held_back const&) = delete;

#if !defined(_WIN32)
private:
    ::sigset_t before_{};
#endif
};

// A thread that looks at the current step now and then.
class watchdog {
public:
    watchdog(current_step const& step, duration limit, debug_sink& sink)
        : step_(step), limit_(limit), sink_(sink) {
        signals_held_back const meanwhile; // the thread leaves them to others
        thread_ = std::thread([this] { run(); });
    }
    watchdog(watchdog const&) = delete;
    watchdog& operator=(watchdog const&) = delete;
    ~watchdog() {
        {
            std::lock_guard const lock(mutex_);
            over_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

private:
    void run() {
        duration const pause =
            (std::max)(limit_ / 4, duration(std::chrono::milliseconds(1)));
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, pause, [this] { return over_; }))
            look();
    }
    void look() {
        std::optional<step_seen> const step = step_.read();
        if (!step)
            return;
        if (step->number != number_) {
            number_ = step->number;
            next_ = limit_;
        }
        time_point const now = std::chrono::steady_clock::now();
        duration const takes = now - step->began;
        if (takes < next_)
            return;
        while (next_ <= takes)
            next_ *= 2;
        std::string text =
            step->text() + " blocks the loop for " + duration_text(takes);
        if (step->cancelled != time_point{})
            text += "; the task was cancelled " +
                    duration_text(now - step->cancelled) + " ago";
        sink_.tell({debug_finding::blocked_step, step->task, step->where, takes,
                    std::move(text)});
    }

    current_step const& step_;
    duration limit_;
    debug_sink& sink_;
    std::uint64_t number_ = 0;
    duration next_{};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool over_ = false;
    std::thread thread_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
