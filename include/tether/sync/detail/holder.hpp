// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who may give back what a task holds? That task, and nobody else.
#ifndef TETHER_SYNC_DETAIL_HOLDER_HPP
#define TETHER_SYNC_DETAIL_HOLDER_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/detail/made_error.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/task_record.hpp>

#include <exception>
#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline std::string task_text(task_record const& r) {
    if (!r.name().empty())
        return "task '" + std::string(r.name()) + '\'';
    return "the task spawned at " + format_location(r.spawned_at);
}

// What is held belongs to a task.
inline task_record& this_holder(char const* verb) {
    if (task_record* const r = running_task())
        return *r;
    throw std::logic_error(std::string(verb) +
                           ": called outside of a task, and only a task can "
                           "hold it");
}

// Also when the values of a line that has ended are destroyed in its name, and
// when frames are destroyed with their context, outside of every loop.
inline bool may_release(task_record const& holder) noexcept {
    task_record const* const now = running_task();
    if (now == &holder)
        return true;
    if (now)
        return now->finished && running_loop() == holder.home();
    return !running_loop() && !holder.home()->entered();
}

inline std::string other_released(char const* what, task_record const& holder) {
    task_record const* const now = running_task();
    return std::string(what) + ": " + task_text(holder) + " holds it, and " +
           (now ? task_text(*now) : "code outside of every task") +
           " gave it back: a guard stays in the task that got it";
}

inline void check_release(char const* what, task_record const& holder) {
    if (!may_release(holder))
        throw std::logic_error(other_released(what, holder));
}

[[noreturn]] inline void released_by_other(char const* what,
                                           task_record const& holder) noexcept {
    try {
        fatal(other_released(what, holder).c_str());
    } catch (...) {
        fatal("a guard was destroyed by another task than its own");
    }
}

// Null: a task that has not run since it was handed over.
[[noreturn]] inline void
destroyed_while_held(char const* what, task_record const* holder) noexcept {
    try {
        fatal(("a " + std::string(what) + " was destroyed while " +
               (holder ? task_text(*holder) : "a task") +
               " holds it: declare it before what holds it")
                  .c_str());
    } catch (...) {
        fatal("a primitive was destroyed while a task holds it");
    }
}

// What everybody gets who waits for it from now on.
inline std::exception_ptr broken_by(char const* what,
                                    task_record const& ended) noexcept {
    return made_error([&] {
        return broken_resource(std::string(what) + " is broken: " +
                               task_text(ended) + " ended while it held it");
    });
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
