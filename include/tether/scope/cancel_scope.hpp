// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a piece of work cancelled from outside, given a deadline, or
/// shielded? The cancel_scope, the unit of cancellation.
#ifndef TETHER_SCOPE_CANCEL_SCOPE_HPP
#define TETHER_SCOPE_CANCEL_SCOPE_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/cancel_handle.hpp>
#include <tether/task/sleep.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

namespace detail {
struct scope_access;
} // namespace detail

/// A region of work that can be cancelled as a whole.
///
/// Entered by a verb (with_cancel_scope, fail_after, with_task_group, ...),
/// which hands it to the body; one made by hand can be cancelled or given a
/// deadline before it is entered.
/// Invariant: cancellation is sticky and level-triggered: once cancelled, every
/// checkpoint inside stops, until control has left the scope.
/// Errors: entering a scope twice is std::logic_error; negative durations are
/// std::invalid_argument.
/// Never lost: the first reason is kept, later ones do not overwrite it.
/// Threads: only on the loop it was entered in, checked while that runs; other
/// threads cancel through remote_cancel().
/// Example:
/// \code
/// co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
///     on_user_abort = [&] { scope.cancel("user aborted"); };
///     co_await long_work();
/// });
/// \endcode
/// Source: Trio's CancelScope.
class cancel_scope : private detail::operation_scope,
                     private detail::timer_node {
public:
    /// Deadlines are times of the clock of the loop.
    using time_point = std::chrono::steady_clock::time_point;

    cancel_scope() noexcept : cancel_scope(detail::scope_kind::cancel_scope) {}
    cancel_scope(cancel_scope const&) = delete;
    cancel_scope& operator=(cancel_scope const&) = delete;
    ~cancel_scope() {
        if (armed())
            home->disarm(*this);
        if (remote_)
            remote_->forget();
    }

    /// Cancels everything inside. Idempotent; the caller itself, if inside, is
    /// stopped at its next checkpoint.
    void cancel(
        std::string_view text = {},
        std::source_location where = std::source_location::current()) noexcept {
        cancel_as(cancel_kind::explicit_request, text, where);
    }

    /// Asks the work inside to come to an end: wakes the waits that take part
    /// (this_task::cancel_requested() and stop_token() tell the others), and
    /// cancels what is left after `grace`; `duration::max()` means never.
    template<class Rep, class Period>
    void
    cancel_soft(std::chrono::duration<Rep, Period> grace,
                std::string_view text = {},
                std::source_location where = std::source_location::current()) {
        auto const after = detail::to_loop_duration(grace, "cancel_soft");
        if (cancelled() || left_)
            return;
        if (home) {
            check_thread();
            home->cancel_soft(*this, note, text, where);
            begin_grace(after);
        } else {
            detail::no_reach reach;
            keep_note(cancel_kind::explicit_request, text, where);
            mark_soft(reach);
            grace_on_entry_ = after;
        }
    }

    /// A handle with which other threads cancel the scope.
    ///
    /// Errors: std::logic_error when the scope is not active; std::bad_alloc.
    [[nodiscard]] cancel_handle remote_cancel() {
        if (!home)
            throw std::logic_error("remote_cancel() is for a scope that was "
                                   "entered and not left");
        if (!remote_)
            remote_ = std::make_shared<detail::remote_state>(
                static_cast<detail::operation_scope&>(*this));
        return cancel_handle(remote_);
    }

    /// Whether cancel() was called or the deadline has passed.
    [[nodiscard]] bool cancel_called() const noexcept { return cancelled(); }

    /// Whether the scope was left because it was cancelled: the stop ended
    /// here, and the body has no result.
    [[nodiscard]] bool cancelled_caught() const noexcept { return caught_; }

    /// Why the scope was cancelled; kind none if it was not.
    [[nodiscard]] cancel_reason reason() const { return note.reason(); }

    /// When the scope will cancel itself; `time_point::max()` if never.
    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

    /// Moves the deadline; `time_point::max()` removes it. Takes effect at
    /// once.
    ///
    /// Result: false when it is too late, because the scope is cancelled or
    /// was left; the cancel stays.
    bool reschedule(time_point at) noexcept {
        if (cancelled() || left_)
            return false;
        deadline_ = at;
        after_entry_ = (detail::duration::max)();
        if (home)
            rearm(home->now());
        return true;
    }
    /// The same, counted from now; for a scope not yet entered, from entry.
    template<class Rep, class Period>
    bool reschedule(std::chrono::duration<Rep, Period> from_now) {
        auto const d = detail::to_loop_duration(from_now, "reschedule");
        if (cancelled() || left_)
            return false;
        if (!home) {
            deadline_ = (time_point::max)();
            after_entry_ = d;
            return true;
        }
        return reschedule(detail::saturated_add(home->now(), d));
    }

    /// Blocks (or lets through again) cancels from outside; the scope's own
    /// cancel and deadline always work. Switching it off with an outer cancel
    /// pending delivers that at once.
    void shield(bool on) noexcept {
        if (left_)
            return;
        if (!home) {
            shield_on_entry_ = on;
            return;
        }
        check_thread();
        // A stop on its way out of this scope keeps its catcher.
        if (!on && absorbs() && stop_on_its_way())
            keeps_stop_ = true;
        home->set_shielded(*this, on);
    }
    /// The same for soft cancels, which shield() lets through.
    void shield_soft(bool on) noexcept {
        if (left_)
            return;
        if (home) {
            home->set_soft_shielded(*this, on);
        } else {
            detail::no_reach reach;
            set_soft_shielded(on, reach);
        }
    }
    /// Cancels from outside are held off.
    [[nodiscard]] bool shielded() const noexcept {
        return home ? scope_node::shielded() : shield_on_entry_;
    }

    /// The state ("not entered", "active", "stopping", "stopped", "left") and
    /// the deadline relative to now, for logs.
    [[nodiscard]] std::string to_string() const {
        std::string out = "cancel scope";
        if (!label.empty()) {
            out += ' ';
            detail::append_quoted(out, label);
        }
        out += left_         ? caught_ ? ", stopped" : ", left"
               : !home       ? ", not entered"
               : cancelled() ? ", stopping"
                             : ", active";
        if (deadline_ != (time_point::max)() && home) {
            auto const left = deadline_ - home->now();
            out += left.count() < 0 ? ", deadline passed " : ", deadline in ";
            out += detail::duration_text(left.count() < 0 ? -left : left);
            if (left.count() < 0)
                out += " ago";
        }
        if (shielded())
            out += ", shielded";
        if (cancelled())
            out += ", cancelled (" + reason().to_string() + ")";
        return out;
    }

private:
    friend struct detail::scope_access;

    explicit cancel_scope(detail::scope_kind kind) noexcept
        : operation_scope(kind), timer_node(&expired) {
        timer = this;
    }

    void cancel_as(cancel_kind kind, std::string_view text,
                   std::source_location where) noexcept {
        if (left_)
            return;
        if (home) {
            check_thread();
            home->cancel(*this, note, kind, text, where);
        } else if (!cancelled()) {
            detail::no_reach reach;
            keep_note(kind, text, where);
            mark_cancelled(reach);
        }
    }
    void keep_note(cancel_kind kind, std::string_view text,
                   std::source_location where) noexcept {
        note.kind = kind;
        note.where = where;
        note.text = detail::loop::keep(text);
    }
    void check_thread() const noexcept {
        home->refuse_other_threads(
            "a cancel_scope was cancelled or shielded from a thread that does "
            "not run its loop: use the handle of remote_cancel()");
    }

    // Frames inside are being destroyed, or a child of the group was stopped.
    bool stop_on_its_way() noexcept {
        if (stop_arrived_)
            return true;
        for (scope_node* at = this; at; at = at->next_in(*this, true)) {
            detail::task_record* const r = detail::record_of(*at);
            if (r && r->next == detail::step::unwind)
                return true;
        }
        return false;
    }

    // A shield whose content is cancelled `grace` after the outer cancel came.
    void shield_for(detail::duration grace) noexcept {
        shield_on_entry_ = true;
        grace_ = grace;
        on_blocked = [](operation_scope& node) noexcept {
            static_cast<cancel_scope&>(node).grace_begins();
        };
    }
    void grace_begins() noexcept { begin_grace(grace_); }
    void begin_grace(detail::duration grace) noexcept {
        if (grace == (detail::duration::max)())
            return;
        time_point const now = home->now();
        time_point const end = detail::saturated_add(now, grace);
        if (end < grace_end_) {
            grace_end_ = end;
            rearm(now);
        }
    }
    // A soft cancel from outside ends the work inside.
    void end_on_soft() noexcept {
        on_soft = [](operation_scope& node) noexcept {
            static_cast<cancel_scope&>(node).softly_asked();
        };
    }
    void softly_asked() noexcept {
        home->cancel(*this, note, cancel_kind::explicit_request, "soft cancel",
                     {});
    }

    // One timer serves the deadline and the grace, whichever ends first.
    void rearm(time_point now) noexcept {
        if (cancelled())
            return;
        if (armed())
            home->disarm(*this);
        auto const due = (std::min)(deadline_, grace_end_);
        if (due <= now)
            expired(*this); // no checkpoint may slip through before a timer
        else
            home->arm_reserved(*this, due);
    }

    static void expired(timer_node& node) noexcept {
        auto& self = static_cast<cancel_scope&>(node);
        if (self.cancelled())
            return; // a cancel by hand came first
        if (self.record->leaf())
            self.waiting_at_ = self.innermost();
        self.expired_ = self.deadline_ <= self.grace_end_;
        self.home->cancel(self, self.note,
                          self.expired_ ? cancel_kind::deadline
                                        : cancel_kind::grace_expired,
                          {}, {});
    }

    // Where the work inside waits: the first task down the tree that waits
    // for something else than its children.
    std::source_location innermost() noexcept {
        for (scope_node* at = this; at; at = at->next_in(*this, true)) {
            detail::task_record* r = detail::record_of(*at);
            if (r && r->inner() == at && !at->first_child() && r->leaf())
                return r->leaf()->where;
        }
        return record->leaf()->where;
    }

    // Enters the scope on the running task.
    void enter(detail::task_record& r) {
        if (home || left_)
            throw std::logic_error("a cancel_scope is entered once; make a new "
                                   "one for each use");
        r.home()->reserve_timer(); // so that no later deadline can fail
        open(r);
        if (shield_on_entry_) // calls on_blocked if a cancel is pending
            home->set_shielded(*this, true);
        if (on_soft && soft_effective())
            softly_asked();
        if (after_entry_ != (detail::duration::max)() ||
            deadline_ != (time_point::max)()) {
            time_point const now = home->now();
            deadline_ =
                (std::min)(deadline_, detail::saturated_add(now, after_entry_));
            rearm(now);
        }
        begin_grace(grace_on_entry_);
    }
    // Leaves it; `stopped`: a stop has destroyed the body. True if it ends
    // here.
    bool leave(bool stopped) noexcept {
        bool const absorbed = stopped && (absorbs() || keeps_stop_);
        caught_ = absorbed;
        left_ = true;
        if (remote_)
            remote_->forget();
        if (armed())
            home->disarm(*this);
        home->unreserve_timer();
        close();
        return absorbed;
    }

    time_point deadline_ = (time_point::max)();
    detail::duration after_entry_ = (detail::duration::max)();
    detail::duration grace_on_entry_ = (detail::duration::max)();
    detail::duration grace_ = (detail::duration::max)();
    time_point grace_end_ = (time_point::max)();
    std::shared_ptr<detail::remote_state> remote_;
    std::source_location waiting_at_{};
    bool shield_on_entry_ = false;
    bool keeps_stop_ = false;
    bool stop_arrived_ = false;
    bool left_ = false;
    bool caught_ = false;
    bool expired_ = false;
};

namespace detail {

// What the verbs of this layer may do with a scope.
struct scope_access {
    static operation_scope& node(cancel_scope& s) noexcept { return s; }
    static operation_scope const& node(cancel_scope const& s) noexcept {
        return s;
    }
    static cancel_scope of_kind(scope_kind kind) noexcept {
        return cancel_scope(kind);
    }
    static void enter(cancel_scope& s, task_record& r) { s.enter(r); }
    static bool leave(cancel_scope& s, bool stopped) noexcept {
        return s.leave(stopped);
    }
    // The stop of the body or of a child has come to the group.
    static void stop_arrived(cancel_scope& s) noexcept {
        s.stop_arrived_ = true;
    }
    static bool stopped_from_outside(cancel_scope const& s) noexcept {
        return s.stopped_from_outside() && !s.keeps_stop_;
    }
    static void cancel(cancel_scope& s, cancel_kind kind, std::string_view text,
                       std::source_location where) noexcept {
        s.cancel_as(kind, text, where);
    }
    static void set_deadline(cancel_scope& s, time_point at) noexcept {
        s.deadline_ = at;
    }
    static void set_duration(cancel_scope& s, duration d) noexcept {
        s.after_entry_ = d;
    }
    static void shield_for(cancel_scope& s, duration grace) noexcept {
        s.shield_for(grace);
    }
    static void end_on_soft(cancel_scope& s) noexcept { s.end_on_soft(); }
    static void set_label(cancel_scope& s, std::string_view text) noexcept {
        s.label = text;
    }
    static bool expired(cancel_scope const& s) noexcept { return s.expired_; }
    static std::source_location waiting_at(cancel_scope const& s) noexcept {
        return s.waiting_at_;
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
