// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a child say that it is ready? It calls the start_signal that
/// task_group::start gave it.
#ifndef TETHER_SCOPE_START_SIGNAL_HPP
#define TETHER_SCOPE_START_SIGNAL_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/detail/child.hpp>
#include <tether/scope/detail/child_wait.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

// What the caller of start() waits in; lives in the caller's frame.
template<class T>
class start_state : public start_caller {
public:
    using stored = std::conditional_t<std::is_void_v<T>, bool, T>;
    using start_caller::start_caller;

    // Into the group, whatever scopes the child has opened.
    void signalled() noexcept {
        target->home()->move(*target, *destination);
        target = nullptr; // it may be gone before the caller runs
        scope.close();
        complete();
    }

    std::optional<stored> value;
    std::exception_ptr failure;
    scope_node* destination = nullptr; // the group's scope

protected:
    ~start_state() = default;
};

} // namespace detail

/// Given to a child begun with task_group::start; calling it ends the caller's
/// wait and moves the child into the group.
///
/// Invariant: copies mean the same child; one may outlive it.
/// Errors: invalid_state for the second call, for a call after the child has
/// ended, and after a move.
/// On cancellation: when the caller was cancelled meanwhile, the call does
/// nothing: the child stays under the caller's scopes and is stopped with them.
/// Threads: on the loop of the child.
/// Example:
/// \code
/// task<> serve(start_signal<unsigned short> started) {
///     tcp::acceptor acceptor(this_task::executor(), {tcp::v4(), 0});
///     started(acceptor.local_endpoint().port());
///     for (;;) co_await handle(co_await acceptor.async_accept(use_task));
/// }
/// \endcode
template<class T>
class start_signal {
public:
    /// Made by task_group::start.
    explicit start_signal(detail::child_base& child) noexcept : child_(&child) {
        detail::child_view(*child_).add_signal();
    }
    start_signal(start_signal const& other) noexcept : child_(other.child_) {
        if (child_)
            detail::child_view(*child_).add_signal();
    }
    start_signal(start_signal&& other) noexcept
        : child_(std::exchange(other.child_, nullptr)) {}
    start_signal& operator=(start_signal other) noexcept {
        std::swap(child_, other.child_);
        return *this;
    }
    ~start_signal() {
        if (child_)
            detail::child_view(*child_).drop_signal();
    }

    /// Reports the value.
    template<class... U>
        requires(std::is_void_v<T> ? sizeof...(U) == 0 : sizeof...(U) == 1)
    void operator()(U&&... value) {
        if (!child_)
            throw invalid_state("started() of a start_signal that was moved "
                                "from");
        detail::child_view const view(*child_);
        if (view.ended())
            throw invalid_state("started() was called after its task has ended",
                                view.name(), view.spawned_at());
        detail::child_base& child = view.child();
        if (!child.home()->runs_here())
            throw invalid_state("started() was called from a thread or "
                                "executor that is not its group's",
                                child.name(), child.spawned_at);
        if (child.signalled())
            throw invalid_state("started() was called twice", child.name(),
                                child.spawned_at);
        auto* caller = static_cast<detail::start_state<T>*>(child.starter());
        if (!caller || caller->scope.effective()) {
            child.signal();
            return;
        }
        if constexpr (std::is_void_v<T>)
            caller->value.emplace(true);
        else
            caller->value.emplace(std::forward<U>(value)...);
        child.signal();
        caller->signalled();
    }

private:
    detail::child_block* child_;
};

TETHER_END_NAMESPACE

#endif
