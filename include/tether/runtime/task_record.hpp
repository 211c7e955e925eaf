// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is known of a started task? Its scope, where it is, and what the loop
/// does with it next.
#ifndef TETHER_RUNTIME_TASK_RECORD_HPP
#define TETHER_RUNTIME_TASK_RECORD_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/prefetch.hpp>
#include <tether/detail/shared_text.hpp>
#include <tether/runtime/cancel_tree.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/stop_hook.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/runtime/wait.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class carried_bindings;
class loop;
class task_record;

// What the pump does with a record when its turn comes.
enum class step : std::uint8_t {
    resume, // the innermost frame goes on
    finish, // the innermost frame ended at a boundary
    unwind, // a stop destroys the innermost frame
};

// How the await that is being begun goes on.
enum class await_mode : std::uint8_t {
    wait,  // registers and waits
    yield, // has its result, but lets others run first
    stop,  // is a checkpoint of a cancelled scope
};

// Why a scope was cancelled; kept beside the node. Texts are made only when
// somebody gave one, so that a cancel without text allocates nothing.
struct cancel_note {
    cancel_kind kind = cancel_kind::none;
    std::source_location where{};
    std::unique_ptr<std::string> text;
    shared_text task;              // who asked; shares that task's name
    std::string_view failed_child; // lives in the child's block
    time_point at{};               // when the cancel came, for dumps

    cancel_reason reason() const {
        return cancel_reason(
            kind, text ? *text : std::string(),
            std::string(task.view().empty() ? failed_child : task.view()),
            where);
    }
};

// What only some records have; allocated on first use.
struct record_extra {
    // From the pool: a cancel without text does not reach the heap.
    static void* operator new(std::size_t size) {
        return frame_pool::allocate(size);
    }
    static void operator delete(void* block, std::size_t size) noexcept {
        frame_pool::deallocate(block, size);
    }

    shared_text name;
    cancel_note note;
    std::shared_ptr<stop_hook> stop;
    // Where dumps show a child that is starting: under its group, while the
    // scopes of the caller govern it.
    scope_node* shown_under = nullptr;
    std::uint32_t start_signals = 0; // of the child
    // Of a root: the task_locals of whoever sent it here from another loop or
    // thread, who keeps them.
    carried_bindings const* carried = nullptr;
};

// Who waits for the end of one record.
struct end_waiter : list_node {
    record_extra* extra = nullptr; // of the record, while this one is the first
};

// The extra of a record and those who wait for its end, in one pointer: most
// records have neither. The first waiter keeps the extra; the others stand in a
// ring around it.
class record_annex {
public:
    record_annex() noexcept = default;
    record_annex(record_annex const&) = delete;
    record_annex& operator=(record_annex const&) = delete;
    ~record_annex() { delete extra(); }

    record_extra* extra() const noexcept {
        end_waiter* const first = first_waiter();
        return first ? first->extra : reinterpret_cast<record_extra*>(bits_);
    }
    record_extra& more() {
        if (record_extra* const known = extra())
            return *known;
        auto* made = new record_extra;
        if (end_waiter* const first = first_waiter())
            first->extra = made;
        else
            bits_ = reinterpret_cast<std::uintptr_t>(made);
        return *made;
    }
    // The owner of what is taken is the caller.
    record_extra* release() noexcept {
        return reinterpret_cast<record_extra*>(std::exchange(bits_, 0));
    }

    end_waiter* first_waiter() const noexcept {
        return (bits_ & waited_for) != 0
                   ? reinterpret_cast<end_waiter*>(bits_ & ~waited_for)
                   : nullptr;
    }
    void push_back(end_waiter& w) noexcept {
        if (end_waiter* const first = first_waiter()) {
            w.next = first;
            w.prev = first->prev;
            first->prev->next = &w;
            first->prev = &w;
        } else {
            w.next = w.prev = &w;
            begin_with(w, extra());
        }
    }
    void remove(end_waiter& w) noexcept {
        if (first_waiter() == &w) {
            auto* second = static_cast<end_waiter*>(w.next);
            if (second == &w)
                bits_ = reinterpret_cast<std::uintptr_t>(w.extra);
            else
                begin_with(*second, w.extra);
        }
        w.unlink();
    }

private:
    static constexpr std::uintptr_t waited_for = 1;

    void begin_with(end_waiter& first, record_extra* extra) noexcept {
        first.extra = extra;
        bits_ = reinterpret_cast<std::uintptr_t>(&first) | waited_for;
    }

    std::uintptr_t bits_ = 0;
};

// A scope that an operation of a record opened: its node of the tree, and the
// record whose checkpoints it governs.
class operation_scope : public scope_node {
public:
    using scope_node::scope_node;

    // While it is entered: whose checkpoints it governs, and where.
    task_record* record = nullptr;
    loop* home = nullptr;
    // What the kind says: the group_core, leg_host, start_caller, bound_value
    // or call_wait.
    void* owner = nullptr;
    cancel_note note;
    std::string_view label;            // for dumps; owned by the operation
    timer_node const* timer = nullptr; // the deadline or grace, for dumps
    // Called inside a walk: when a shield here holds a cancel off, and when a
    // soft cancel arrives. May arm a timer or mark this scope, nothing else.
    void (*on_blocked)(operation_scope&) noexcept = nullptr;
    void (*on_soft)(operation_scope&) noexcept = nullptr;

    // Makes it the innermost scope of the record, and takes that back.
    inline void open(task_record& r) noexcept;
    inline void close() noexcept;
};

// The record of one line of execution: a root, a spawned child, or a leg of a
// combinator. It is itself a scope, the one its handle cancels. Every suspended
// task has one, so its size counts: what can be had from the scope it hangs
// below is not repeated here, and words that are never used at the same time
// share their place.
class task_record : public scope_node {
public:
    task_record() noexcept : scope_node(scope_kind::record), error_() {}
    ~task_record() {
        if (!waits_ && !queued_)
            error_.~exception_ptr();
    }

    // The flags come first: they fill the padding behind the scope's own.
    step next = step::resume;
    await_mode mode = await_mode::wait;
    bool parked : 1 = false;     // waits, or stands in the ready queue
    bool starting : 1 = false;   // inside the call that starts its wait
    bool abort_sent : 1 = false; // to the present wait
    bool finished : 1 = false;
    bool yields : 1 = false; // its place in the ready queue is a checkpoint

private:
    bool waits_ : 1 = false;
    bool queued_ : 1 = false;
    bool fresh_ : 1 = true; // so that a turn begins by clearing flags alone

public:
    std::uint8_t holdings = 0; // held_objects; 255 stands for more

protected:
    // Free for the classes of records, behind the flags.
    std::uint8_t spare_[2] = {};

private:
    // Beside the flags: a turn begins and ends with a store to each of them,
    // and a processor completes two at once that are for one line.

    // By what the record does: runs, waits, or stands in the ready queue.
    union {
        std::exception_ptr error_;
        wait* waiting_;
        task_record* ready_next_;
    };
    union {
        frame_base* leaf_ = nullptr;
        boundary* ending_; // for step::finish
    };

public:
    std::source_location spawned_at{};

    bool started() const noexcept { return !fresh_; } // has run

    // The innermost scope.
    scope_node* inner() const noexcept { return innermost_of_record(); }
    void set_inner(scope_node& node) noexcept { set_innermost_of_record(node); }
    bool stop_pending() const noexcept { return inner()->effective(); }
    // Whether a stop may be pending; set by all that can make it so.
    bool looks_first() const noexcept { return look_first_of_record(); }
    void look_first(bool on) noexcept { set_look_first_of_record(on); }

    // The loop, as long as the record hangs in the tree: a record stands below
    // the scope of an operation, which knows it.
    loop* home() const noexcept {
        return static_cast<operation_scope*>(parent())->home;
    }

    // The innermost frame; null between a last frame and its boundary.
    frame_base* leaf() const noexcept {
        return next == step::finish ? nullptr : leaf_;
    }
    void resumes_at(frame_base& frame) noexcept {
        leaf_ = &frame;
        next = step::resume;
    }
    void unwinds_at(frame_base& frame) noexcept {
        leaf_ = &frame;
        next = step::unwind;
    }
    void finishes_at(boundary& end) noexcept {
        ending_ = &end;
        next = step::finish;
    }
    // For the pump and the awaits, which know what is next.
    void set_leaf(frame_base& frame) noexcept { leaf_ = &frame; }
    frame_base& running_leaf() const noexcept { return *leaf_; }
    boundary& ending() const noexcept { return *ending_; }

    // What it waits for; null while it runs or stands in the ready queue.
    wait* waiting() const noexcept { return waits_ ? waiting_ : nullptr; }
    void waits_for(wait& w) noexcept {
        waiting_ = &w;
        waits_ = true;
        abort_sent = false;
    }
    // The same of the running task, whose turn ends with it. What all flags are
    // is known then, and when that wait ends: one store, without a look.
    void suspends_in(wait& w) noexcept {
        waiting_ = &w;
        suspended(false);
    }
    void waits_no_more() noexcept {
        waits_ = false;
        ::new (static_cast<void*>(&error_)) std::exception_ptr();
    }
    // The stop that reaches it now takes it out of what it is suspended in.
    bool suspended_in_checkpoint() const noexcept { return waits_ || yields; }

    // The link of the ready queue.
    bool queued() const noexcept { return queued_; }
    task_record* ready_next() const noexcept { return ready_next_; }
    void enters_queue() noexcept {
        queued_ = true;
        ready_next_ = nullptr;
    }
    void enters_queue_suspended() noexcept { // suspends_in() was before
        suspended(true);
        ready_next_ = nullptr;
    }
    void set_ready_next(task_record* r) noexcept { ready_next_ = r; }
    void prefetch_next() const noexcept {
        prefetch(leaf_);
        prefetch(ready_next_);
    }
    // Out of the queue for its turn, with a link that is null: as an error is.
    void begins_turn() noexcept {
        queued_ = false;
        yields = false;
        begins();
    }
    void begins() noexcept {
        fresh_ = false;
        parked = false;
    }

    // The error on its way from the end of a frame to whoever called it; only
    // while the record runs.
    std::exception_ptr const& error() const noexcept { return error_; }
    void set_error(std::exception_ptr e) noexcept { error_ = std::move(e); }
    std::exception_ptr take_error() noexcept {
        return std::exchange(error_, nullptr);
    }

    void took() noexcept {
        if (holdings != many_holdings)
            ++holdings;
    }
    void gave_back() noexcept {
        if (holdings != many_holdings)
            --holdings;
    }

    // What only some have.
    record_annex annex;
    record_extra* extra() const noexcept { return annex.extra(); }
    record_extra& more() { return annex.more(); }
    std::string_view name() const noexcept {
        record_extra const* const known = extra();
        return known ? known->name.view() : std::string_view();
    }

private:
    static constexpr std::uint8_t many_holdings = 255;

    void suspended(bool ready) noexcept {
        parked = true;
        starting = false;
        abort_sent = false;
        fresh_ = false;
        finished = false;
        yields = false;
        waits_ = !ready;
        queued_ = ready;
    }
};

// The record at whose checkpoints a node's stop is delivered.
inline task_record* record_of(scope_node& node) noexcept {
    return node.kind() == scope_kind::record
               ? static_cast<task_record*>(&node)
               : static_cast<operation_scope&>(node).record;
}

inline cancel_note const* note_of(scope_node const& node) noexcept {
    if (node.kind() != scope_kind::record)
        return &static_cast<operation_scope const&>(node).note;
    record_extra const* const extra =
        static_cast<task_record const&>(node).extra();
    return extra ? &extra->note : nullptr;
}

// The node whose cancel reaches `node`: the outermost one.
inline scope_node const* cancelling_node(scope_node const& node) noexcept {
    scope_node const* found = nullptr;
    for (scope_node const* at = &node; at; at = at->parent()) {
        if (at->cancelled())
            found = at;
        if (at->shielded() && !at->forced())
            break;
    }
    return found;
}

// The same for a soft cancel.
inline scope_node const* asking_node(scope_node const& node) noexcept {
    scope_node const* found = nullptr;
    for (scope_node const* at = &node; at; at = at->parent()) {
        if (at->soft())
            found = at;
        if (at->soft_shielded())
            break;
    }
    return found;
}

struct wait_access {
    static task_record* record(wait const& w) noexcept { return w.record_; }
    static void set_record(wait& w, task_record* r) noexcept { w.record_ = r; }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
