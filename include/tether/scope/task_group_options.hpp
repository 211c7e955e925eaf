// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be chosen for a task group, and for one child of it?
#ifndef TETHER_SCOPE_TASK_GROUP_OPTIONS_HPP
#define TETHER_SCOPE_TASK_GROUP_OPTIONS_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <limits>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// What a group does when a child fails.
enum class group_policy : unsigned char {
    /// Cancels the other children and the body; the group throws all errors.
    fail_fast,
    /// Lets all run to their end; the group throws all errors then.
    collect_all,
    /// Lets all run; a child's error goes to the loop's on_unhandled_error.
    supervise,
};

/// group_policy::fail_fast, for short.
inline constexpr group_policy fail_fast = group_policy::fail_fast;
/// group_policy::collect_all, for short.
inline constexpr group_policy collect_all = group_policy::collect_all;
/// group_policy::supervise, for short.
inline constexpr group_policy supervise = group_policy::supervise;

/// What a group makes of a child that was cancelled through its handle.
enum class child_cancel : unsigned char {
    ignore, ///< The child is over; nothing else happens.
    fail,   ///< Counts as a failure of the child, with a cancelled_error.
};

/// Options of a task group; trivially destructible, so that they may stand in
/// a co_await expression.
///
/// Parameters: `name` appears in errors and dumps and must outlive the group
/// (a literal does); `max_children` bounds the children alive at a time and is
/// at least 1.
/// Example:
/// \code
/// co_await with_task_group({.name = "fetchers", .max_children = 20}, body);
/// \endcode
struct task_group_options {
    /// Shown in errors and dumps.
    std::string_view name{};
    /// What a failing child does to the others.
    group_policy policy = group_policy::fail_fast;
    /// The bound of the children alive at a time.
    std::size_t max_children = (std::numeric_limits<std::size_t>::max)();
    /// What a child cancelled through its handle counts as.
    child_cancel on_child_cancel = child_cancel::ignore;
    /// Whether each service has ended before the one started before it is
    /// stopped; otherwise they are stopped at once, the last one first.
    bool ordered_shutdown = false;
};

/// First argument of spawn(): runs the child to its first suspension at once.
struct eager_t {
    explicit eager_t() = default;
};
/// The value to pass.
inline constexpr eager_t eager{};

/// First argument of spawn() and start(): the child serves the others.
///
/// The group does not wait for it: it is stopped when the body and all children
/// that are no services have ended, and not before, so that they may use it in
/// their cleanup even when the group is cancelled. It does not count in size()
/// nor against max_children.
/// Errors: a failing service is a failing child; one that ends early is no
/// error.
/// On cancellation: only through its handle, or in its turn, with reason
/// `group_exit` or that of the group; task_group_options::ordered_shutdown says
/// whether one after the other.
/// Example:
/// \code
/// group.spawn(as_service, write_log, std::ref(log));
/// group.spawn(handle_orders, std::ref(log)); // may log to its very end
/// \endcode
struct as_service_t {
    explicit as_service_t() = default;
};
/// The value to pass.
inline constexpr as_service_t as_service{};

/// First argument of spawn() and start(): the group is cancelled when this
/// child ends, however.
///
/// Example:
/// \code
/// group.spawn(as_main, dialogue, std::ref(user));
/// group.spawn(refresh_for_ever, std::ref(view)); // ends with the dialogue
/// \endcode
struct as_main_t {
    explicit as_main_t() = default;
};
/// The value to pass.
inline constexpr as_main_t as_main{};

/// First argument of start(): the result carries the child's handle as well.
///
/// Example:
/// \code
/// auto server = co_await group.start<unsigned short>(with_handle, serve);
/// connect(server.value);
/// server.handle.cancel();
/// \endcode
struct with_handle_t {
    explicit with_handle_t() = default;
};
/// The value to pass.
inline constexpr with_handle_t with_handle{};

/// First argument of spawn() and start(): names the child in errors and dumps.
///
/// Threads: a plain value that refers to the characters.
/// Example:
/// \code
/// group.spawn(named("reader"), read_loop, std::ref(socket));
/// \endcode
class named {
public:
    /// Parameters: `name` outlives the child; a literal does.
    explicit constexpr named(std::string_view name) noexcept : name_(name) {}
    /// The name given.
    [[nodiscard]] constexpr std::string_view name() const noexcept {
        return name_;
    }

private:
    std::string_view name_;
};

TETHER_END_NAMESPACE

#endif
