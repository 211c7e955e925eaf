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
#include <tether/scope/detail/group_core.hpp>

#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

class child_end_wait : public child_waiter {
public:
    using revocable = void;

    explicit child_end_wait(child_base& c) noexcept { target = &c; }
    ~child_end_wait() {
        if (linked())
            unlink();
    }

    bool ready() {
        refuse_cycle();
        return target->finished;
    }
    void start() noexcept { target->waiters.push_back(*this); }
    void result() const noexcept {}

    void child_ended(child_base&) noexcept override { complete(); }
    abort_result abort() noexcept override {
        unlink();
        return abort_result::done;
    }
    char const* description() const noexcept override {
        return "the end of a task";
    }

protected:
    child_base& awaited() const noexcept { return *target; }

private:
    // Tasks that wait for each other's end wait for ever (TG45); a task also
    // waits for its children. Long circles are left to the deadlock report, so
    // that an await costs the same however many tasks wait in a row.
    void refuse_cycle() {
        unsigned left = max_links;
        for (child_base* at = target; at && left != 0; --left) {
            if (static_cast<task_record*>(at) == record())
                throw std::logic_error(
                    target == at
                        ? "a task awaits its own handle"
                        : "tasks await each other's handles in a circle");
            if (joins_us(*at))
                throw std::logic_error(
                    "a task awaits the handle of a task that waits for it: "
                    "the owner of its group cannot end before it");
            auto* waiter = dynamic_cast<child_waiter*>(at->waiting);
            at = waiter ? waiter->target : nullptr;
        }
    }
    bool joins_us(child_base const& other) const noexcept {
        unsigned left = max_links;
        for (scope_node const* at = record()->parent(); at && left != 0;
             at = at->parent(), --left)
            if (at == &other)
                return true;
        return false;
    }

    static constexpr unsigned max_links = 64;
};

template<class T, bool Move>
class child_result_wait : public child_end_wait {
public:
    explicit child_result_wait(child_result<T>& c) noexcept
        : child_end_wait(c) {}

    decltype(auto) result() {
        auto& c = static_cast<child_result<T>&>(awaited());
        switch (c.status()) {
        case task_status::failed:
            throw task_failed(c.error, c.name(), c.spawned_at);
        case task_status::finished:
            break;
        default:
            throw cancelled_error(stop_reason(c), c.name());
        }
        if constexpr (Move)
            return c.cell.take();
        else
            return c.cell.value.get();
    }
};

} // namespace detail

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
    [[nodiscard]] task_status status() const { return child().status(); }

    /// Whether the child has ended, however.
    [[nodiscard]] bool done() const { return child().finished; }

    /// The name given at spawn; empty if none was.
    [[nodiscard]] std::string_view name() const { return child().name(); }

    /// The result of an ended child.
    ///
    /// Errors: the child's own error if it failed; cancelled_error if it was
    /// cancelled; invalid_state while it runs.
    decltype(auto) result() & {
        settle();
        return child().cell.value.get();
    }
    /// \overload
    decltype(auto) result() && {
        settle();
        return child().cell.take();
    }

    /// The child's error; null unless it failed.
    [[nodiscard]] std::exception_ptr error() const {
        return child().status() == task_status::failed ? child().error
                                                       : nullptr;
    }

    /// Cancels this child alone; its group and its siblings go on. Idempotent,
    /// without effect on an ended child.
    ///
    /// Errors: std::logic_error from another thread or executor while the child
    /// runs.
    void cancel(std::string_view text = {},
                std::source_location where = std::source_location::current()) {
        auto& c = child();
        if (c.finished)
            return;
        if (!c.home->runs_here())
            throw std::logic_error(
                "a task was cancelled through its handle from a thread or "
                "executor that is not its group's: post to that executor, or "
                "cancel a scope through cancel_scope::remote_cancel()");
        if (!c.cancelled())
            c.home->cancel(c, c.more().note, cancel_kind::explicit_request,
                           text, where);
    }

    /// Waits for the end of the child, whatever it is.
    ///
    /// Errors: none of the child's.
    /// Completes when: the child's last frame is gone. Always a checkpoint.
    /// On cancellation: the child goes on.
    [[nodiscard("co_await the wait")]] auto
    wait(std::source_location here = std::source_location::current()) const {
        return end_awaitable{&child(), here};
    }

    detail::child_result_wait<T, false> connect() & {
        return detail::child_result_wait<T, false>(child());
    }
    detail::child_result_wait<T, true> connect() && {
        return detail::child_result_wait<T, true>(child());
    }

private:
    friend struct detail::handle_access;

    class [[nodiscard("co_await the wait")]] end_awaitable {
    public:
        end_awaitable(detail::child_base* c, std::source_location here) noexcept
            : child_(c), where_(here) {}
        detail::child_end_wait connect() const noexcept {
            return detail::child_end_wait(*child_);
        }
        std::source_location where() const noexcept { return where_; }

    private:
        detail::child_base* child_;
        std::source_location where_;
    };

    explicit task_handle(detail::child_result<T>& c) noexcept : child_(&c) {
        c.add_owner(detail::child_base::by_handle);
    }

    detail::child_result<T>& child() const {
        if (!child_)
            throw invalid_state("the task_handle has no task");
        return *child_;
    }
    void settle() const {
        auto& c = child();
        switch (c.status()) {
        case task_status::finished:
            return;
        case task_status::failed:
            std::rethrow_exception(c.error);
        case task_status::cancelled:
            throw cancelled_error(detail::stop_reason(c), c.name());
        default:
            throw invalid_state("result() of a task that still runs", c.name(),
                                c.spawned_at);
        }
    }
    void drop() noexcept {
        if (child_)
            child_->let_go(detail::child_base::by_handle);
    }

    detail::child_result<T>* child_ = nullptr;
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
