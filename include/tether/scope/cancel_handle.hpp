// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does another thread cancel a scope? Through a handle that posts to the
/// scope's loop and does not mind when the scope has gone.
#ifndef TETHER_SCOPE_CANCEL_HANDLE_HPP
#define TETHER_SCOPE_CANCEL_HANDLE_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/task/detail/remote_target.hpp>

#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

class cancel_scope;

namespace detail {

class remote_state final : public remote_target {
public:
    explicit remote_state(operation_scope& scope)
        : remote_target(*scope.home), scope_(&scope) {}

    static bool cancel(std::shared_ptr<remote_state> const& self,
                       std::string_view text, std::source_location where) {
        std::lock_guard const lock(self->mutex());
        return self->post([self, why = std::string(text), where] {
            self->deliver(why, where);
        });
    }

private:
    // On the loop, where the scope ends as well.
    void deliver(std::string_view text, std::source_location where) {
        if (!alive())
            return;
        loop& l = *scope_->home;
        l.enter([&] {
            l.cancel(*scope_, scope_->note, cancel_kind::explicit_request, text,
                     where);
        });
    }

    operation_scope* scope_;
};

} // namespace detail

/// Cancels a scope from any thread; had from cancel_scope::remote_cancel().
///
/// Invariant: may outlive the scope, the task, the loop and the io_context.
/// Keeps io_context::run() and the deadlock report waiting as long as the scope
/// is active and a handle exists: somebody may still cancel.
/// Threads: copied, used and destroyed on any thread.
/// Example:
/// ```
/// co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
///     std::jthread keyboard(watch_for_escape, scope.remote_cancel());
///     co_await long_work();
/// });
/// ```
class cancel_handle {
public:
    /// A handle of nothing.
    cancel_handle() noexcept = default;

    /// Asks the loop of the scope to cancel it; returns without waiting.
    ///
    /// Result: false when the scope has been left, which is no error.
    /// Errors: std::bad_alloc.
    bool
    cancel(std::string_view text = {},
           std::source_location where = std::source_location::current()) const {
        return target_.get() &&
               detail::remote_state::cancel(target_.get(), text, where);
    }

private:
    friend class cancel_scope;

    explicit cancel_handle(std::shared_ptr<detail::remote_state> state)
        : target_(std::move(state)) {}

    detail::remote_reference<detail::remote_state> target_;
};

TETHER_END_NAMESPACE

#endif
