// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a body run in one order after the other, until one fails?
#ifndef TETHER_TESTING_DETAIL_EXPLORER_HPP
#define TETHER_TESTING_DETAIL_EXPLORER_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/detail/orders.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::choice;

struct order_plan {
    bool stops = false;
    bool eager = false;
    bool errors_allowed = false;
    std::size_t window = 1;
    std::size_t max_turns = 0;
};

// Has an order decide whatever may be decided; stops the body at a checkpoint
// unless that is 0.
class order_hooks final : public test_hooks {
public:
    order_hooks(order_plan const& plan, order& picks,
                std::size_t stop_at) noexcept
        : plan_(plan),
          picks_(picks),
          stop_at_(stop_at),
          endless_(plan.max_turns) {}

    std::size_t checkpoints() const noexcept { return checkpoints_; }
    void check_end(run_end& end) const {
        endless_.check_end("turns of tasks", end);
    }
    std::string text() const {
        return stop_at_ == 0 || where_.tree.empty()
                   ? std::string()
                   : "  stopped at checkpoint " + std::to_string(stop_at_) +
                         where_.text() + '\n' + where_.tree_text();
    }

    void checkpoint(task_record& r) noexcept override {
        test_hooks::checkpoint(r);
        if (++checkpoints_ != stop_at_)
            return;
        where_.at(r);
        if (scope_node* const root = first_root(*r.home())) {
            auto& whom = static_cast<task_record&>(*root);
            r.home()->cancel(whom, whom.more().note,
                             cancel_kind::explicit_request, "the exploration",
                             where_.where);
        }
    }
    std::size_t window(choice) noexcept override { return plan_.window; }
    std::size_t choose(choice, std::size_t n) noexcept override {
        return picks_.pick(n);
    }
    bool starts_eagerly() noexcept override {
        return test_hooks::starts_eagerly() ||
               (plan_.eager && picks_.pick(2) == 1);
    }
    void turn_ended(tether::detail::loop& home) noexcept override {
        test_hooks::turn_ended(home);
        endless_.count(home);
    }

private:
    order_plan plan_;
    order& picks_;
    std::size_t stop_at_;
    std::size_t checkpoints_ = 0;
    disturbance where_;
    endless_guard endless_;
};

class explorer {
public:
    explorer(hooked_run run, order_plan const& plan)
        : run_(std::move(run)), plan_(plan) {}

    std::size_t runs() const noexcept { return log_.runs(); }

    // Each throws test_failure for the first order that fails.
    void try_seeds(std::uint64_t first, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            static_cast<void>(attempt(order(first + i)));
    }
    bool try_all(std::size_t max_runs) {
        std::vector<std::size_t> next;
        do {
            if (log_.runs() >= max_runs)
                return false;
            next = attempt(order(std::move(next))).successor();
        } while (!next.empty());
        return true;
    }
    void try_named(std::string const& name) {
        static_cast<void>(attempt(order::named(name)));
    }
    bool try_environment() {
        char const* const name = std::getenv("TETHER_SEED");
        if (!name || *name == '\0')
            return false;
        try_named(name);
        return true;
    }

private:
    order attempt(order picks) {
        // The usual order without a stop shows how many places for one exist.
        if (plan_.stops && stops_ == 0) {
            stops_ = 1;
            order usual(std::vector<std::size_t>{});
            play(usual, 0);
        }
        play(picks, plan_.stops ? picks.pick(stops_) : 0);
        return picks;
    }
    void play(order& picks, std::size_t stop_at) {
        order_hooks hooks(plan_, picks, stop_at);
        run_end end = run_(hooks, stop_at != 0);
        hooks.check_end(end);
        if (plan_.stops && stops_ == 1)
            stops_ = hooks.checkpoints() + 1;
        log_.add(end, plan_.errors_allowed || (stop_at != 0 && end.stopped),
                 [&] {
                     std::string const name = picks.name();
                     return "with order " + name +
                            "; to run it alone: TETHER_SEED=" + name +
                            " in the environment, or replay{" +
                            (name.front() == 'x' ? '"' + name + '"' : name) +
                            "}\n" + hooks.text();
                 });
        log_.throw_failures();
    }

    hooked_run run_;
    order_plan plan_;
    std::size_t stops_ = 0; // one more than there are checkpoints
    run_log log_{"explore", 1};
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
