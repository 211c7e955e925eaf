// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is known of a started task? Its scope, where it is, and what the loop
/// does with it next.
#ifndef TETHER_RUNTIME_TASK_RECORD_HPP
#define TETHER_RUNTIME_TASK_RECORD_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/shared_text.hpp>
#include <tether/runtime/cancel_tree.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/runtime/wait.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

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

// Somebody outside of tether's own waits who wants to hear of a cancel. The
// runtime does not know std::stop_source: libc++ 19 has it only as an
// experiment, and no type may depend on that.
class stop_hook {
public:
    stop_hook() = default;
    stop_hook(stop_hook const&) = delete;
    stop_hook& operator=(stop_hook const&) = delete;
    virtual ~stop_hook() = default;

    virtual void request_stop() noexcept = 0;
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
    bool stop_queued = false;
    // Where dumps show a child that is starting: under its group, while the
    // scopes of the caller govern it.
    scope_node* shown_under = nullptr;
};

// A scope that an operation of a record opened: its node of the tree, and the
// record whose checkpoints it governs.
class operation_scope : public scope_node {
public:
    using scope_node::scope_node;

    task_record* record = nullptr;
    cancel_note note;
    std::string_view label;            // for dumps; owned by the operation
    timer_node const* timer = nullptr; // the deadline or grace, for dumps
    // Called inside a walk: when a shield here holds a cancel off, and when a
    // soft cancel arrives. May arm a timer or mark this scope, nothing else.
    void (*on_blocked)(operation_scope&) noexcept = nullptr;
    void (*on_soft)(operation_scope&) noexcept = nullptr;
};

// The record of one line of execution: a root, a spawned child, or a leg of a
// combinator. It is itself a scope, the one its handle cancels.
class task_record : public scope_node {
public:
    task_record() noexcept : scope_node(scope_kind::record) {}

    // The flags come first: they fill the padding behind the scope's own.
    step next = step::resume;
    await_mode mode = await_mode::wait;
    bool parked : 1 = false;     // waits, or stands in the ready queue
    bool starting : 1 = false;   // inside the call that starts its wait
    bool abort_sent : 1 = false; // to the present wait
    bool started : 1 = false;    // has run
    bool finished : 1 = false;
    bool handshake : 1 = false; // between spawn and started() of group.start
    std::uint8_t holdings = 0;  // held_objects; 255 stands for more

    union {
        task_record* ready_next = nullptr; // in the ready queue
        boundary* ending;                  // for step::finish, when running
    };
    frame_base* leaf = nullptr; // null between a last frame and its boundary
    wait* waiting = nullptr;
    scope_node* inner = this; // the innermost scope
    loop* home = nullptr;
    std::exception_ptr error; // between the end of a callee and its caller
    std::source_location spawned_at{};
    std::unique_ptr<record_extra> extra;

    bool stop_pending() const noexcept { return inner->effective(); }

    void took() noexcept {
        if (holdings != many_holdings)
            ++holdings;
    }
    void gave_back() noexcept {
        if (holdings != many_holdings)
            --holdings;
    }

    record_extra& more() {
        if (!extra)
            extra = std::make_unique<record_extra>();
        return *extra;
    }
    std::string_view name() const noexcept {
        return extra ? extra->name.view() : std::string_view();
    }

protected:
    ~task_record() = default;

private:
    static constexpr std::uint8_t many_holdings = 255;
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
    auto const& extra = static_cast<task_record const&>(node).extra;
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

struct wait_access {
    static task_record* record(wait const& w) noexcept { return w.record_; }
    static void set_record(wait& w, task_record* r) noexcept { w.record_ = r; }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
