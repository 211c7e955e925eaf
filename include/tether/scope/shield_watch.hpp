// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who notices a shield that keeps a program from ending? A shield_watch.
#ifndef TETHER_SCOPE_SHIELD_WATCH_HPP
#define TETHER_SCOPE_SHIELD_WATCH_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Reports shields of its loop that hold a cancel off for longer than a limit.
///
/// Invariant: neither copied nor moved; one for each loop at a time. Costs
/// nothing while no shield holds a cancel off.
/// Parameters: `limit` counts from the cancel; `report` gets one sentence for
/// each shield, again every `limit` as long as it holds.
/// Errors: std::invalid_argument for a limit that is not positive;
/// std::logic_error outside of a loop and for a second watch of one. A report
/// that throws ends the program.
/// Threads: made and destroyed on the loop that it watches.
/// Example:
/// ```
/// shield_watch const watch(5s, [](std::string const& text) {
///     std::clog << text << '\n';
/// });
/// ```
class shield_watch final : private detail::timer_node,
                           private detail::shield_observer {
public:
    /// Watches the loop that runs until the watch is destroyed.
    template<class Rep, class Period>
    shield_watch(std::chrono::duration<Rep, Period> limit,
                 std::function<void(std::string const&)> report)
        : timer_node(&expired),
          limit_(detail::to_loop_duration(limit, "shield_watch")),
          report_(std::move(report)),
          home_(detail::running_loop()) {
        if (limit_ == detail::duration::zero())
            throw std::invalid_argument("shield_watch: the limit is 0");
        if (!home_)
            throw std::logic_error("a shield_watch was made where no loop "
                                   "runs: make it in a task");
        if (home_->shield_watcher())
            throw std::logic_error("the loop has a shield_watch already");
        home_->reserve_timer();
        home_->watch_shields(this);
    }
    shield_watch(shield_watch const&) = delete;
    shield_watch& operator=(shield_watch const&) = delete;
    ~shield_watch() {
        home_->watch_shields(nullptr);
        if (armed())
            home_->disarm(*this);
        home_->unreserve_timer();
    }

private:
    void cancel_held_off() noexcept override {
        if (!armed())
            home_->arm_reserved(*this,
                                detail::saturated_add(home_->now(), limit_));
    }

    static void expired(timer_node& node) noexcept {
        static_cast<shield_watch&>(node).look();
    }
    void look() noexcept {
        bool held = false;
        detail::scope_node& roots = home_->roots();
        for (detail::scope_node* at = &roots; at;
             at = at->next_in(roots, true)) {
            if (!at->shielded() || at->effective() || !at->parent() ||
                !at->parent()->effective() ||
                at->kind() == detail::scope_kind::service)
                continue;
            held = true;
            tell(*at);
        }
        if (held)
            cancel_held_off();
    }
    void tell(detail::scope_node& shield) noexcept {
        detail::cancel_note const* const why =
            detail::note_of(*detail::cancelling_node(*shield.parent()));
        detail::duration const since =
            why ? home_->now() - why->at : detail::duration::zero();
        if (!why || since < limit_)
            return; // its turn comes
        detail::task_record const& r = *detail::record_of(shield);
        std::string text = "a shield";
        if (!r.name().empty()) {
            text += " of task ";
            detail::append_quoted(text, r.name());
        }
        text += " holds a cancel off for " + detail::duration_text(since) +
                " (" + why->reason().to_string() + ")";
        if (wait const* const w = r.waiting()) {
            text += "; the task waits for ";
            text += w->description();
            detail::frame_base const* const leaf = r.leaf();
            if (leaf && detail::has_place(leaf->where)) {
                text += " at ";
                detail::append_place(text, leaf->where);
            }
        }
        report_(text);
    }

    detail::duration limit_;
    std::function<void(std::string const&)> report_;
    detail::loop* home_;
};

TETHER_END_NAMESPACE

#endif
