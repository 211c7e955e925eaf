// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a sweep stop a body at its k-th checkpoint, and how are the runs
/// counted?
#ifndef TETHER_TESTING_DETAIL_STOP_INJECTOR_HPP
#define TETHER_TESTING_DETAIL_STOP_INJECTOR_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/sweep_report.hpp>

#include <cstddef>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

struct stop_plan {
    bool after_turn = false;
    bool only_task = false;
    bool errors_allowed = false;
    std::size_t max_checkpoints = 0;
    std::size_t max_failures = 0;
};

// Counts checkpoints, and stops at one of them; 0 is none.
class stop_injector final : public test_hooks {
public:
    stop_injector(stop_plan const& plan, std::size_t stop_at) noexcept
        : plan_(plan), stop_at_(stop_at), endless_(plan.max_checkpoints) {}

    std::size_t passed() const noexcept { return passed_; }
    bool arrived() const noexcept { return passed_ >= stop_at_; }
    disturbance const& where() const noexcept { return where_; }
    void check_end(run_end& end) const {
        endless_.check_end("checkpoints", end);
    }

    void checkpoint(task_record& r) noexcept override {
        test_hooks::checkpoint(r);
        endless_.count(*r.home());
        if (++passed_ != stop_at_)
            return;
        where_.at(r);
        if (plan_.after_turn)
            pending_ = &r;
        else
            stop(r, *r.home());
    }
    void turn_ended(loop& home) noexcept override {
        test_hooks::turn_ended(home);
        if (task_record* const r = std::exchange(pending_, nullptr)) {
            if (!plan_.only_task || alive(*r, home))
                stop(*r, home);
        }
    }

private:
    void stop(task_record& r, loop& home) noexcept {
        scope_node* const root = first_root(home);
        if (!plan_.only_task && !root)
            return;
        task_record& whom =
            plan_.only_task ? r : static_cast<task_record&>(*root);
        home.cancel(whom, whom.more().note, cancel_kind::explicit_request,
                    "the sweep", where_.where);
    }
    static bool alive(task_record const& r, loop& home) noexcept {
        for (scope_node* at = &home.roots(); at;
             at = at->next_in(home.roots(), true))
            if (at == &r)
                return true;
        return false;
    }

    stop_plan plan_;
    std::size_t stop_at_;
    std::size_t passed_ = 0;
    task_record* pending_ = nullptr;
    disturbance where_;
    endless_guard endless_;
};

inline sweep_report sweep_stops(hooked_run const& run, stop_plan const& plan) {
    run_log log("cancel_sweep", plan.max_failures);
    sweep_report report;
    for (std::size_t k = 0; k <= report.points && !log.full(); ++k) {
        stop_injector hooks(plan, k);
        run_end end = run(hooks, k != 0);
        hooks.check_end(end);
        if (k == 0)
            report.points = hooks.passed();
        else if (!hooks.arrived())
            ++report.missed;
        bool const fine = k != 0 && (plan.errors_allowed || end.stopped);
        bool const well = log.add(end, fine, [&] {
            if (k == 0)
                return std::string("without a stop:\n");
            return "stopped at checkpoint " + std::to_string(k) + " of " +
                   std::to_string(report.points) + hooks.where().text() +
                   ":\n" + hooks.where().tree_text();
        });
        if (k == 0 && !well)
            break;
    }
    log.throw_failures();
    report.runs = log.runs();
    return report;
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
