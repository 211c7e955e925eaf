// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task start children that cannot outlive it? The task_group that
/// with_task_group hands to its body.
#ifndef TETHER_SCOPE_TASK_GROUP_HPP
#define TETHER_SCOPE_TASK_GROUP_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/call_verb.hpp>
#include <tether/scope/detail/group_core.hpp>
#include <tether/scope/detail/group_waits.hpp>
#include <tether/scope/detail/spawn_child.hpp>
#include <tether/scope/detail/start_wait.hpp>
#include <tether/scope/task_group_options.hpp>
#include <tether/scope/task_handle.hpp>

#include <cstddef>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
struct group_access;
} // namespace detail

/// The owner of child tasks: none of them outlives it.
///
/// Invariant: made only by with_task_group and its kin; neither copied nor
/// moved. A child inherits the cancel scopes of the group, not those of the
/// spawner. The body counts as a child.
/// Errors: spawning into a closed group is group_closed, from another thread or
/// executor std::logic_error.
/// Never lost: every error of a child or of the body is a leaf of the
/// exception_group that the group throws.
/// Threads: only on the loop of the group.
/// Example:
/// \code
/// co_await with_task_group([&](task_group& group) -> task<> {
///     for (auto const& url : urls)
///         group.spawn(fetch, url);
///     co_return;
/// });
/// \endcode
/// Source: Trio's nursery, asyncio's TaskGroup.
class task_group {
    struct spawn_verb {
        template<class... Args>
        static auto call(detail::group_core& core, std::source_location here,
                         Args&&... args) {
            core.check_spawn(here);
            if constexpr (detail::needs_room<Args...>)
                core.check_room();
            return detail::spawn_child(core, detail::spawn_options{here},
                                       std::forward<Args>(args)...);
        }
    };
    struct try_spawn_verb {
        template<class... Args>
        static auto call(detail::group_core& core, std::source_location here,
                         Args&&... args)
            -> std::optional<detail::spawned_handle<Args...>> {
            core.check_thread();
            bool const full = detail::needs_room<Args...> && core.full();
            if (core.closed() || full || core.node().effective())
                return std::nullopt;
            return detail::spawn_child(core, detail::spawn_options{here},
                                       std::forward<Args>(args)...);
        }
    };
    struct spawn_when_ready_verb {
        template<class... Args>
        static auto call(detail::group_core& core, std::source_location here,
                         Args&&... args) {
            return detail::spawn_when_ready_op<std::decay_t<Args>...>(
                core, here, std::forward<Args>(args)...);
        }
    };
    template<class T = void>
    struct start_verb {
        template<class... Args>
        static auto call(detail::group_core& core, std::source_location here,
                         Args&&... args) {
            return detail::make_start<false, T>(
                core, detail::spawn_options{here}, std::forward<Args>(args)...);
        }
    };

public:
    task_group(task_group const&) = delete;
    task_group& operator=(task_group const&) = delete;

    /// Starts `fn(args...)` as a child.
    ///
    /// Parameters: `fn` and the arguments are decay-copied into the child and
    /// live until it ends, so capturing lambdas are safe; std::ref passes a
    /// reference. A `task<T>` may be given instead of a function. `eager`,
    /// `named("...")`, `as_service`, `as_main` and task_local::bound() may come
    /// first.
    /// Result: a handle, which may be dropped.
    /// Errors: group_closed; std::logic_error when max_children are alive; what
    /// copying the arguments throws, std::bad_alloc. The group is unchanged
    /// then.
    /// Threads: only on the loop of the group.
    TETHER_CALL_VERB(, , spawn, *core_, spawn_verb::call, class F)

    /// Like spawn(), but refuses when the group is cancelled, closed or full:
    /// an empty optional, the arguments destroyed.
    TETHER_CALL_VERB(, , try_spawn, *core_, try_spawn_verb::call, class F)

    /// Waits until fewer than max_children are alive, then spawns.
    ///
    /// Result: the handle.
    /// Errors: those of spawn().
    /// Completes when: there is room; waiters are served first come, first
    /// served; the group stays open for them. Always a checkpoint.
    /// On cancellation: nothing is spawned, the place passes on.
    TETHER_CALL_VERB([[nodiscard("co_await the spawn")]], , spawn_when_ready,
                     *core_, spawn_when_ready_verb::call, class F)

    /// Starts `fn(start_signal<T>, args...)` and waits until it calls the
    /// signal.
    ///
    /// Parameters: `named("...")`, `with_handle`, `as_service`, `as_main` and
    /// task_local::bound() may come first.
    /// Result: the value that the child gave with `started(value)`; the child
    /// then goes on in the group. With `with_handle` a started_child with the
    /// value and the handle.
    /// Errors: what the child threw before, unwrapped, the group unharmed;
    /// child_exited_without_started; group_closed.
    /// Completes when: the child says so, or has ended. Always a checkpoint.
    /// On cancellation: until then the child belongs to the caller's scopes: it
    /// is stopped and joined.
    /// Example:
    /// \code
    /// auto const port = co_await group.start<unsigned short>(serve, config);
    /// \endcode
    TETHER_CALL_VERB([[nodiscard("co_await the start")]], , start, *core_,
                     start_verb<T>::call, class T = void, class F)

    /// Cancels the children and the body. Idempotent; by itself no error.
    void cancel(
        std::string_view text = {},
        std::source_location where = std::source_location::current()) noexcept {
        core_->scope().cancel(text, where);
    }

    /// Waits until no child is alive but services, without closing the group.
    ///
    /// Errors: std::logic_error in a child of the group, which would wait for
    /// itself.
    /// Completes when: size() is 0. Always a checkpoint.
    /// On cancellation: stops; the children are not affected by that.
    [[nodiscard("co_await the wait")]] auto wait_idle(
        std::source_location here = std::source_location::current()) noexcept {
        return detail::idle_op(*core_, here);
    }

    /// The children alive, those that are still starting included, services
    /// not.
    [[nodiscard]] std::size_t size() const noexcept { return core_->live(); }

    /// The name given in the options.
    [[nodiscard]] std::string_view name() const noexcept {
        return core_->options().name;
    }

    /// The scope that governs the children and the body, for deadlines and
    /// reasons.
    [[nodiscard]] cancel_scope& scope() noexcept { return core_->scope(); }

    /// The executor on which all children run.
    [[nodiscard]] asio::any_io_executor executor() const {
        return core_->home().executor();
    }

private:
    friend struct detail::group_access;

    explicit task_group(detail::group_core& core) noexcept : core_(&core) {}

    detail::group_core* core_;
};

TETHER_END_NAMESPACE

#endif
