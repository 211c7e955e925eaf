// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do the frames of a task go on, end and go? The pump resumes, finishes
/// and destroys one frame after the other, on a flat stack.
#ifndef TETHER_RUNTIME_DETAIL_PUMP_HPP
#define TETHER_RUNTIME_DETAIL_PUMP_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>
#include <tether/runtime/wait.hpp>

#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Who runs several turns sets current_ to null behind the last one.
template<bool Down>
[[gnu::always_inline]] inline void loop::run(task_record& r) noexcept {
    turn<Down>(r);
    if (starters_) [[unlikely]]
        run_starters<Down>();
}
template<bool Down>
[[gnu::always_inline]] inline void loop::turn(task_record& r) noexcept {
    make_current(r);
    r.begins_turn();
    pump<Down>(r);
}

template<bool Down>
void loop::run_starters() noexcept {
    while (leg_starter* s = starters_) {
        bool last = false;
        current_ = s->starting_for;
        task_record* const leg = s->next_leg(last);
        if (last)
            starters_ = s->below_;
        if (leg) {
            make_current(*leg);
            leg->begins();
            pump<Down>(*leg);
        }
    }
}

inline void loop::run_nested(task_record& r) noexcept {
    task_record* const outer = current_;
    leg_starter* const outer_starters = std::exchange(starters_, nullptr);
    ++nested_;
    run(r);
    --nested_;
    starters_ = outer_starters;
    current_ = outer;
    look_at_next_checkpoint();
}

// A checkpoint of the running task with a look at everything.
[[gnu::noinline]] inline bool loop::look(task_record& r) noexcept {
    if (hooks_)
        hooks_->checkpoint(r);
    if (r.stop_pending())
        return true;
    r.look_first(false);
    if (!hooks_)
        budget_ &= ~look_first;
    return false;
}

// Resumes one frame after the other. No frame is resumed or destroyed from
// inside another one, so the stack stays flat whatever the depth.
// While the context goes down nothing is resumed, only destroyed.
template<bool Down>
[[gnu::always_inline]] inline void loop::pump(task_record& r) noexcept {
    for (;;) {
        if (!Down && r.next == step::resume) [[likely]]
            r.running_leaf().handle().resume();
        else if (end_frame(r) == pump_next::gone)
            return;
        if (r.parked) [[likely]]
            return;
    }
}

// What is not the usual step is out of the way of those that are.
inline pump_next loop::end_frame(task_record& r) noexcept {
    if (r.next == step::finish)
        return r.ending().body_finished(r);
    r.next = step::unwind;
    frame_base& frame = r.running_leaf();
    if (!frame.at_boundary()) {
        call_link& link = frame.call();
        link.callee = nullptr;
        frame.handle().destroy();
        r.set_leaf(*link.caller);
        return pump_next::go_on;
    }
    boundary& end = frame.end();
    frame.handle().destroy();
    r.finishes_at(end); // who looks at the record finds no frame
    return end.body_stopped(r);
}

} // namespace detail

inline void wait::complete() noexcept {
    detail::task_record& r = *record_;
    if (wait* const waiting = r.waiting(); waiting != this) [[unlikely]]
        return static_cast<detail::wait_parts*>(waiting)->part_completed(*this);
    r.waits_no_more();
    r.next = detail::step::resume;
    if (!r.starting)
        r.home()->enqueue(r);
}

inline void wait::complete_stopped() noexcept {
    detail::task_record& r = *record_;
    r.waits_no_more();
    r.next = detail::step::unwind;
    if (!r.starting)
        r.home()->enqueue(r);
}

inline bool wait::stop_requested() const noexcept {
    return record_->stop_pending();
}

TETHER_END_NAMESPACE

#endif
