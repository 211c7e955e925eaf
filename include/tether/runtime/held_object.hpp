// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What if a task ends while it still holds a lock? What is held hangs on the
/// loop of its holders and is told.
#ifndef TETHER_RUNTIME_HELD_OBJECT_HPP
#define TETHER_RUNTIME_HELD_OBJECT_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

class task_record;

// Something that knows its holders by their records. It is linked to the loop
// while anybody holds it (loop::hold), and each holder counts what it holds, so
// that a task which ends with nothing, as it should, asks nobody.
class held_object : public list_node {
public:
    held_object(held_object const&) = delete;
    held_object& operator=(held_object const&) = delete;

    // Some record has ended that held something, perhaps not this. Its heir
    // is the task that awaits a leg of a combinator: the leg's result, and what
    // the leg had left elsewhere, is now its own. Spawned tasks have no heir.
    virtual void holder_ended(task_record& ended,
                              task_record* heir) noexcept = 0;

protected:
    constexpr held_object() noexcept = default;
    ~held_object() = default;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
