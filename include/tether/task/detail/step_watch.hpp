// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is the time of every step taken? By an observer of the loop, which tells
/// of those that took long.
#ifndef TETHER_TASK_DETAIL_STEP_WATCH_HPP
#define TETHER_TASK_DETAIL_STEP_WATCH_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/debug_report.hpp>
#include <tether/task/detail/current_step.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// One call at a time, whichever thread it comes from.
class debug_sink {
public:
    using function = std::function<void(debug_report const&)>;

    explicit debug_sink(function tell) : tell_(std::move(tell)) {}
    void tell(debug_report const& report) {
        std::lock_guard const lock(mutex_);
        tell_(report);
    }

private:
    std::mutex mutex_;
    function tell_;
};

// On the loop: publishes each step and takes its time.
class step_watch final : public step_observer {
public:
    step_watch(loop& home, duration slow, debug_sink& sink)
        : home_(home), slow_(slow), sink_(sink) {
        home_.watch_steps(this);
    }
    step_watch(step_watch const&) = delete;
    step_watch& operator=(step_watch const&) = delete;
    ~step_watch() { home_.watch_steps(nullptr); }

    current_step const& current() const noexcept { return step_; }

    void begins(task_record const* r) noexcept override {
        began_ = home_.now();
        step_.begin(r, steady(began_), r ? cancelled_at(*r) : time_point{});
    }
    void ended() noexcept override {
        duration const took = home_.now() - began_;
        if (slow_ != duration::zero() && took >= slow_)
            return tell(took);
        step_.end();
    }
    // The running task may be among those that the last cancel has reached.
    void cancelled() noexcept {
        if (task_record const* const r = home_.current())
            step_.cancelled(cancelled_at(*r));
    }

private:
    void tell(duration took) {
        std::optional<step_seen> const step = step_.read();
        step_.end();
        sink_.tell({debug_finding::slow_step, step->task, step->where, took,
                    step->text() + " took " + duration_text(took)});
    }
    // Another thread cannot ask the clock of the loop.
    time_point steady(time_point now) const noexcept {
        return home_.clock() ? std::chrono::steady_clock::now() : now;
    }
    time_point cancelled_at(task_record const& r) const noexcept {
        if (!r.stop_pending())
            return {};
        scope_node const* const by = cancelling_node(*r.inner());
        cancel_note const* const why = by ? note_of(*by) : nullptr;
        if (!why || why->at == time_point{})
            return {};
        time_point const now = home_.now();
        return steady(now) - (now - why->at);
    }

    loop& home_;
    duration slow_;
    debug_sink& sink_;
    current_step step_;
    time_point began_{};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
