// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a loop pass through its queue while a test takes part or somebody
/// watches? Turn by turn, in the order that the test chooses.
#ifndef TETHER_RUNTIME_DETAIL_HOOKED_PASSES_HPP
#define TETHER_RUNTIME_DETAIL_HOOKED_PASSES_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// drain() asks once for each pass whether it is this one, so that a turn in
// production costs nothing for it. Hooks may come and go with every turn.
inline void loop::drain_hooked() noexcept {
    auto const window = [this](choice what) {
        return hooks_ ? hooks_->window(what) : 1;
    };
    auto const pick = [this](choice what, std::size_t n) {
        return n > 1 && hooks_ ? hooks_->choose(what, n) : 0;
    };
    auto const step = [this](task_record const* r, auto&& turn) {
        if (steps_)
            steps_->begins(r);
        turn();
        if (steps_)
            steps_->ended();
    };
    if (!timers_.empty())
        timers_.expire(now(), window(choice::equal_timer), [&](std::size_t n) {
            return pick(choice::equal_timer, n);
        });
    system_calls_ = system_calls_per_pass;
    for (std::size_t left = batch; left != 0; --left) {
        if (!stop_hooks_.empty())
            step(nullptr, [this] { run_stop_callbacks(); });
        if (ready_.empty())
            break;
        budget_ = hooks_ ? turn_budget | look_first : turn_budget;
        std::size_t const n = ready_.count(window(choice::ready_task));
        task_record& next = ready_.take(pick(choice::ready_task, n));
        step(&next, [&] {
            run(next);
            current_ = nullptr;
        });
        if (hooks_)
            hooks_->turn_ended(*this);
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
