// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which tasks does a cancel not end? A while after each one a walk of the tree
/// looks for what is left: in a shield, or in a wait that does not let go.
#ifndef TETHER_TASK_DETAIL_LATE_WATCH_HPP
#define TETHER_TASK_DETAIL_LATE_WATCH_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <algorithm>
#include <source_location>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline void append_task(std::string& out, std::string_view name,
                        std::source_location spawned_at) {
    out += "task";
    if (!name.empty()) {
        out += ' ';
        append_quoted(out, name);
    } else if (has_place(spawned_at)) {
        out += " spawned at ";
        append_place(out, spawned_at);
    }
}

// What was found: a task, or a shield of it.
struct late_find {
    task_record const& task;
    bool shield;
    duration since;
    cancel_note const& why;

    std::source_location where() const noexcept {
        frame_base const* const leaf = task.leaf();
        return leaf ? leaf->where : std::source_location();
    }
    std::string text() const {
        std::string out = shield ? "a shield of " : "";
        append_task(out, task.name(), task.spawned_at);
        out += shield ? " holds a cancel off for " : " was cancelled ";
        out += duration_text(since);
        out += shield ? " (" : " ago (";
        out += why.reason().to_string() + ')';
        out += shield ? "; the task" : " and is still alive; it";
        if (wait const* const w = task.waiting()) {
            out += " waits for ";
            out += w->description();
        } else {
            out += task.started() ? " is ready" : " has not run yet";
        }
        if (has_place(where())) {
            out += " at ";
            append_place(out, where());
        }
        return out;
    }
};

// Tells of each once for every `limit` that has gone by since its cancel. The
// timer is there only after a cancel, and not when nothing else could happen in
// the loop: a deadlock stays one.
class late_watch : private timer_node, private cancel_observer {
public:
    late_watch(loop& home, duration limit, bool only_shields)
        : timer_node(&expired),
          home_(home),
          limit_(limit),
          only_shields_(only_shields) {
        home_.reserve_timer();
        home_.watch_cancels(*this);
    }
    late_watch(late_watch const&) = delete;
    late_watch& operator=(late_watch const&) = delete;

protected:
    ~late_watch() {
        cancel_observer::unlink();
        home_.disarm(*this);
        home_.unreserve_timer();
    }

    void cancelled() noexcept override {
        if (!only_shields_)
            held_off();
    }

private:
    virtual void tell(late_find const& found) = 0;

    void held_off() noexcept override {
        if (!armed())
            home_.arm_reserved(*this, saturated_add(home_.now(), limit_));
    }
    bool has_timer() const noexcept override { return armed(); }

    static void expired(timer_node& node) noexcept {
        static_cast<late_watch&>(node).look();
    }
    void look() noexcept {
        time_point due = (time_point::max)();
        time_point const now = home_.now();
        scope_node& roots = home_.roots();
        for (scope_node* at = &roots; at; at = at->next_in(roots, true)) {
            if (holds_off(*at))
                consider(*record_of(*at), *at->parent(), true, now, due);
            else if (!only_shields_ && at->kind() == scope_kind::record)
                consider_task(static_cast<task_record&>(*at), now, due);
        }
        last_ = now;
        if (due != (time_point::max)() && home_.may_go_on())
            home_.arm_reserved(*this, due);
    }

    static bool holds_off(scope_node const& node) noexcept {
        return node.shielded() && !node.effective() && node.parent() &&
               node.parent()->effective() && node.kind() != scope_kind::service;
    }
    // One that waits for its children is not what keeps them.
    void consider_task(task_record& r, time_point now, time_point& due) {
        scope_node* below = &r;
        do {
            below = below->next_in(r, true);
        } while (below && below->kind() != scope_kind::record);
        if (!below && r.inner()->effective())
            consider(r, *r.inner(), false, now, due);
    }
    void consider(task_record const& r, scope_node const& cancelled_scope,
                  bool shield, time_point now, time_point& due) {
        scope_node const* const by = cancelling_node(cancelled_scope);
        cancel_note const* const why = by ? note_of(*by) : nullptr;
        if (!why || why->at == time_point{})
            return; // before its scope was entered
        duration const since = now - why->at;
        auto const times = since / limit_;
        if (times > 0 && times > (last_ - why->at) / limit_)
            tell({r, shield, since, *why});
        due = (std::min)(due, saturated_add(why->at, limit_ * (times + 1)));
    }

    loop& home_;
    duration limit_;
    bool only_shields_;
    time_point last_{};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
