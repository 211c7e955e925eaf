// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is one child of a group watched, awaited or cancelled? Its handle.
#ifndef TETHER_SCOPE_TASK_HANDLE_HPP
#define TETHER_SCOPE_TASK_HANDLE_HPP

#include <tether/core/errors.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/declarations.hpp>
#include <tether/scope/detail/child.hpp>
#include <tether/scope/detail/child_wait.hpp>

#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
struct handle_access;
}

/// The handle of a spawned child.
///
/// Invariant: dropping it neither cancels nor detaches the child, which belongs
/// to its group; the handle may outlive the group.
/// Result: `co_await handle` gives the child's result (a reference for an
/// lvalue handle, moved out for an rvalue). Move-only.
/// Errors: awaiting a child that failed: under `fail_fast`, inside its group,
/// the awaiting task is stopped, because the group reports the error; otherwise
/// task_failed. Awaiting a cancelled child: cancelled_error. Awaiting oneself,
/// directly or in a circle: std::logic_error.
/// On cancellation: a cancelled awaiter does not cancel the child.
/// Never lost: a result stays in the handle until it is moved out.
/// Threads: on the loop of the group while the child runs.
/// Example:
/// \code
/// auto answer = group.spawn(ask, question);
/// co_await other_work();
/// use(co_await answer);
/// \endcode
template<class T>
class task_handle {
public:
    using value_type = T;

    /// A handle of nothing.
    task_handle() noexcept = default;
    task_handle(task_handle&& other) noexcept
        : child_(std::exchange(other.child_, nullptr)) {}
    task_handle& operator=(task_handle&& other) noexcept {
        if (this != &other) {
            drop();
            child_ = std::exchange(other.child_, nullptr);
        }
        return *this;
    }
    ~task_handle() { drop(); }

    /// Whether the handle has a child.
    [[nodiscard]] explicit operator bool() const noexcept {
        return child_ != nullptr;
    }

    /// How far the child is.
    [[nodiscard]] task_status status() const { return view().status(); }

    /// Whether the child has ended, however.
    [[nodiscard]] bool done() const { return view().ended(); }

    /// The name given at spawn; empty if none was.
    [[nodiscard]] std::string_view name() const { return view().name(); }

    /// The result of an ended child.
    ///
    /// Errors: the child's own error if it failed; cancelled_error if it was
    /// cancelled; invalid_state while it runs.
    decltype(auto) result() & { return settled().template result<T>().get(); }
    /// \overload
    decltype(auto) result() && { return settled().template result<T>().take(); }

    /// The child's error; null unless it failed.
    [[nodiscard]] std::exception_ptr error() const { return view().error(); }

    /// Cancels this child alone; its group and its siblings go on. Idempotent,
    /// without effect on an ended child.
    ///
    /// Errors: std::logic_error from another thread or executor while the child
    /// runs; std::bad_alloc, and then nothing has changed.
    void cancel(std::string_view text = {},
                std::source_location where = std::source_location::current()) {
        detail::child_view const v = view();
        if (v.ended())
            return;
        detail::child_base& c = v.child();
        if (!c.home()->runs_here())
            throw std::logic_error(
                "a task was cancelled through its handle from a thread or "
                "executor that is not its group's: post to that executor, or "
                "cancel a scope through cancel_scope::remote_cancel()");
        if (!c.cancelled())
            c.home()->cancel(c, c.more().note, cancel_kind::explicit_request,
                             text, where);
    }

    /// Waits for the end of the child, whatever it is.
    ///
    /// Errors: none of the child's.
    /// Completes when: the child's last frame is gone. Always a checkpoint.
    /// On cancellation: the child goes on.
    [[nodiscard("co_await the wait")]] auto
    wait(std::source_location here = std::source_location::current()) const& {
        static_cast<void>(block()); // it has one, also now
        return end_awaitable(this, nullptr, here);
    }
    /// \overload
    [[nodiscard("co_await the wait")]] auto
    wait(std::source_location here = std::source_location::current()) && {
        return end_awaitable(nullptr, &block(), here);
    }

    detail::child_result_wait<T, false> connect() & {
        return detail::child_result_wait<T, false>(block());
    }
    detail::child_result_wait<T, true> connect() && {
        return detail::child_result_wait<T, true>(block());
    }

private:
    friend struct detail::handle_access;

    class [[nodiscard("co_await the wait")]] end_awaitable {
    public:
        end_awaitable(task_handle const* h, detail::child_block* c,
                      std::source_location here) noexcept
            : handle_(h), child_(c), where_(here) {}
        // A handle may have lost its task since.
        detail::child_end_wait connect() const {
            return detail::child_end_wait(handle_ ? handle_->block() : *child_);
        }
        std::source_location where() const noexcept { return where_; }

    private:
        task_handle const* handle_;  // null of one that goes at once
        detail::child_block* child_; // of such a one
        std::source_location where_;
    };

    explicit task_handle(detail::child_result<T>& c) noexcept : child_(&c) {
        c.add_owner(detail::child_base::by_handle);
    }

    detail::child_block& block() const {
        if (!child_)
            throw invalid_state("the task_handle has no task");
        return *child_;
    }
    detail::child_view view() const { return detail::child_view(block()); }
    detail::child_view settled() const {
        detail::child_view const c = view();
        switch (c.status()) {
        case task_status::finished:
            return c;
        case task_status::failed:
            std::rethrow_exception(c.error());
        case task_status::cancelled:
            c.throw_cancelled();
        default:
            throw invalid_state("result() of a task that still runs", c.name(),
                                c.spawned_at());
        }
    }
    void drop() noexcept {
        if (child_)
            detail::child_view(*child_).let_go(detail::child_block::by_handle);
    }

    detail::child_block* child_ = nullptr;
};

namespace detail {

struct handle_access {
    template<class T>
    static task_handle<T> make(child_result<T>& c) noexcept {
        return task_handle<T>(c);
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
