// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Whom does a loop call back? The starter of a combinator's legs, what holds
/// on to its context, and its owner.
#ifndef TETHER_RUNTIME_LOOP_ROLES_HPP
#define TETHER_RUNTIME_LOOP_ROLES_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>

#include <memory>

TETHER_BEGIN_NAMESPACE
namespace detail {

class loop;
class task_record;

// A combinator that is starting its legs, or a watch for a task that waits when
// it must not. The loop asks it for one leg after
// the other and pumps each until it waits, depth first and without recursion.
class leg_starter {
public:
    // The next record to run, null if none; `last` once nothing is left to
    // start. After that the loop no longer touches the starter, so the last
    // record may be the one that waited for the legs.
    virtual task_record* next_leg(bool& last) noexcept = 0;

    // The record that waits for the legs; while next_leg() runs, which may
    // call functions of the user, it is the running task.
    task_record* starting_for = nullptr;

protected:
    ~leg_starter() = default;

private:
    friend class loop;
    leg_starter* below_ = nullptr;
};

// What holds handlers or work of the loop's context beyond a wait: roots, whose
// end is told to a handler. They let go of it when the context goes first.
class context_border : public list_node {
public:
    // The context has begun to go: nothing is posted to it any more by others.
    virtual void context_ending() noexcept {}
    virtual void leave_context() noexcept = 0;

protected:
    ~context_border() = default;
};

// Hears, inside a walk, that a shield holds a cancel off.
class shield_observer {
public:
    virtual void cancel_held_off() noexcept = 0;

protected:
    ~shield_observer() = default;
};

// Ends the life of loops that no task and no handler refers to any more.
class loop_owner {
public:
    virtual void loop_unused(loop&) noexcept = 0;

protected:
    ~loop_owner() = default;
};

// What a runtime_local keeps in a loop.
struct local_value {
    local_value() = default;
    local_value(local_value const&) = delete;
    local_value& operator=(local_value const&) = delete;
    virtual ~local_value() = default;

    void const* local = nullptr;
    void const* type = nullptr;
    std::unique_ptr<local_value> next; // made before this one
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
