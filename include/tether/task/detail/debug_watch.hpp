// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a runner have while it is debugged? Somebody who takes the time of
/// every step, a thread that notices one that does not end, and a look at what
/// cancels did not end.
#ifndef TETHER_TASK_DETAIL_DEBUG_WATCH_HPP
#define TETHER_TASK_DETAIL_DEBUG_WATCH_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>
#include <tether/task/debug_options.hpp>
#include <tether/task/debug_report.hpp>
#include <tether/task/detail/late_watch.hpp>
#include <tether/task/detail/step_watch.hpp>
#include <tether/task/detail/watchdog.hpp>
#include <tether/task/sleep.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline bool looks_for_trouble(debug_mode mode) noexcept {
    if (mode != debug_mode::by_environment)
        return mode == debug_mode::on;
    char const* const value = std::getenv("TETHER_DEBUG");
    return value && *value != '\0' && std::strcmp(value, "0") != 0;
}

// What cancels did not end.
class late_report final : public late_watch {
public:
    late_report(loop& home, duration limit, debug_sink& sink, step_watch* steps)
        : late_watch(home, limit, false), sink_(sink), steps_(steps) {}
    ~late_report() = default;

private:
    void cancelled() noexcept override {
        late_watch::cancelled();
        if (steps_)
            steps_->cancelled();
    }
    void tell(late_find const& found) override {
        sink_.tell({found.shield ? debug_finding::held_cancel
                                 : debug_finding::late_task,
                    found.task.name(), found.where(), found.since,
                    found.text()});
    }

    debug_sink& sink_;
    step_watch* steps_;
};

// For the time of a run. Nothing is found while no task runs, so whatever
// observes the loop may come and go.
class debug_watch {
public:
    debug_watch(asio::io_context& io, debug_options const& options,
                debug_sink::function tell)
        : home_(loop_service::acquire(io.get_executor())),
          sink_(std::move(tell)) {
        duration const slow = checked(options.slow_step, "slow_step");
        duration const blocked = checked(options.blocked_step, "blocked_step");
        duration const late = checked(options.late_cancel, "late_cancel");
        if (slow != duration::zero() || blocked != duration::zero())
            steps_.emplace(home_.get(), slow, sink_);
        if (late != duration::zero())
            late_.emplace(home_.get(), late, sink_,
                          steps_ ? &*steps_ : nullptr);
        if (blocked != duration::zero())
            dog_.emplace(steps_->current(), blocked, sink_);
    }

private:
    static duration checked(duration d, char const* name) {
        check_duration(d, name);
        return d;
    }

    loop_reference home_; // lives longer than what uses the loop
    debug_sink sink_;
    std::optional<step_watch> steps_;
    std::optional<late_report> late_;
    std::optional<watchdog> dog_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
