// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a cancel do to the tasks it reaches? Each walk of the tree aborts
/// their waits; nothing is resumed, destroyed or called back from inside.
#ifndef TETHER_RUNTIME_DETAIL_CANCEL_WALK_HPP
#define TETHER_RUNTIME_DETAIL_CANCEL_WALK_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/cancel_tree.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>

#include <memory>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct loop::walk {
    void reached(scope_node& node) noexcept {
        task_record* r = record_of(node);
        if (!r)
            return;
        request_stop(node, *r);
        if (r->inner() != &node)
            return;
        r->home()->may_stop(*r);
        r->home()->abort_wait(*r);
    }
    void softly_reached(scope_node& node) noexcept {
        task_record* r = record_of(node);
        if (!r)
            return;
        request_stop(node, *r);
        if (node.kind() != scope_kind::record) {
            auto& scope = static_cast<operation_scope&>(node);
            if (scope.on_soft)
                scope.on_soft(scope);
        }
    }
    void blocked(scope_node& node) noexcept {
        auto& scope = static_cast<operation_scope&>(node);
        if (node.kind() == scope_kind::record)
            return;
        if (scope.on_blocked)
            scope.on_blocked(scope);
        if (scope.record)
            scope.home->cancels_.for_each(
                [](cancel_observer& by) { by.held_off(); });
    }

private:
    static void request_stop(scope_node& node, task_record& r) noexcept {
        if (&node != static_cast<scope_node*>(&r))
            return;
        if (record_extra* const extra = r.extra(); extra && extra->stop)
            r.home()->request_stop(extra->stop);
    }
};

inline void loop::abort_wait(task_record& r) noexcept {
    if (r.yields) { // keeps its place in the queue
        r.yields = false;
        r.next = step::unwind;
        return;
    }
    wait* const w = r.waiting();
    if (!w || r.abort_sent || r.starting)
        return;
    r.abort_sent = true;
    if (w->abort() == abort_result::done) {
        r.waits_no_more();
        r.next = step::unwind;
        enqueue(r);
    }
}

inline void loop::tell_cancelled() noexcept {
    cancels_.for_each([](cancel_observer& by) { by.cancelled(); });
}

inline bool loop::may_go_on() noexcept {
    std::size_t own = 0;
    cancels_.for_each(
        [&](cancel_observer& by) { own += by.has_timer() ? 1 : 0; });
    return !idle() || waits_for_system() || timers_.size() > own;
}

// A reason that cannot be stored is dropped; the cancel itself never fails.
inline std::unique_ptr<std::string> loop::keep(std::string_view text) noexcept {
    try {
        return text.empty() ? nullptr : std::make_unique<std::string>(text);
    } catch (...) {
        return nullptr;
    }
}

inline void loop::cancel(scope_node& node, cancel_note& note, cancel_kind kind,
                         std::string_view text,
                         std::source_location where) noexcept {
    if (node.cancelled())
        return; // the first reason wins
    shared_text by;
    if (record_extra const* const who = current_ ? current_->extra() : nullptr)
        by = who->name;
    note = cancel_note{kind, where, keep(text), std::move(by), {}, now()};
    walk reach;
    node.mark_cancelled(reach);
    tell_cancelled();
}

inline void loop::cancel(scope_node& node, cancel_note& note,
                         cancel_reason const& why) noexcept {
    if (node.cancelled())
        return;
    shared_text by;
    try {
        by = shared_text(why.task);
    } catch (...) { // then it is not known
    }
    note = cancel_note{why.kind,      why.where, keep(why.text),
                       std::move(by), {},        now()};
    walk reach;
    node.mark_cancelled(reach);
    tell_cancelled();
}

inline void loop::cancel_siblings(scope_node& node, cancel_note& note,
                                  std::string_view failed,
                                  std::source_location where) noexcept {
    if (node.cancelled())
        return;
    note = cancel_note{
        cancel_kind::sibling_failed, where, nullptr, {}, failed, now()};
    walk reach;
    node.mark_cancelled(reach);
    tell_cancelled();
}

// The task that was the last one may be gone already.
inline void loop::cancel_services(scope_node& group,
                                  cancel_note& note) noexcept {
    if (group.cancelled())
        return;
    note = cancel_note{cancel_kind::group_exit, {}, nullptr, {}, {}, now()};
    walk reach;
    group.mark_cancelled(reach);
    tell_cancelled();
}

inline void loop::cancel_soft(scope_node& node, cancel_note& note,
                              std::string_view text,
                              std::source_location where) noexcept {
    if (node.soft() || node.cancelled())
        return;
    note = cancel_note{
        cancel_kind::explicit_request, where, keep(text), {}, {}, now()};
    walk reach;
    node.mark_soft(reach);
}

inline void loop::force(scope_node& node) noexcept {
    walk reach;
    node.mark_forced(reach);
}

inline void loop::set_shielded(scope_node& node, bool on) noexcept {
    walk reach;
    node.set_shielded(on, reach);
}

inline void loop::set_soft_shielded(scope_node& node, bool on) noexcept {
    walk reach;
    node.set_soft_shielded(on, reach);
}

// Hangs a node with all below it under another parent and its marks.
inline void loop::move(scope_node& node, scope_node& parent) noexcept {
    walk reach;
    node.move_to(parent, reach);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
