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

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE

class cancel_scope;

namespace detail {

// Shared by a scope and its handles. The scope forgets itself under the lock
// before it is left, so that whoever holds the lock and finds it may post: the
// context cannot go while a task of it is inside the scope.
class remote_state {
public:
    explicit remote_state(operation_scope& scope) noexcept : scope_(&scope) {}

    void add_handle() {
        std::lock_guard const lock(mutex_);
        if (scope_ && !work_)
            work_.emplace(asio::prefer(
                home().executor(), asio::execution::outstanding_work.tracked));
        ++handles_;
    }
    void remove_handle() noexcept {
        std::lock_guard const lock(mutex_);
        if (--handles_ == 0)
            work_.reset();
    }
    void forget() noexcept {
        std::lock_guard const lock(mutex_);
        scope_ = nullptr;
        work_.reset();
    }

    static bool post(std::shared_ptr<remote_state> const& self,
                     std::string_view text, std::source_location where) {
        std::lock_guard const lock(self->mutex_);
        if (!self->scope_)
            return false;
        asio::post(self->home().executor(),
                   [self, why = std::string(text), where] {
                       self->deliver(why, where);
                   });
        return true;
    }

private:
    loop& home() const noexcept { return *scope_->record->home; }

    // On the loop, where the scope ends as well.
    void deliver(std::string_view text, std::source_location where) {
        if (!scope_)
            return;
        loop& l = home();
        l.enter([&] {
            l.cancel(*scope_, scope_->note, cancel_kind::explicit_request, text,
                     where);
        });
    }

    std::mutex mutex_;
    operation_scope* scope_;
    std::optional<asio::any_io_executor> work_;
    std::size_t handles_ = 0;
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
    cancel_handle(cancel_handle const& other) : state_(other.state_) {
        if (state_)
            state_->add_handle();
    }
    cancel_handle(cancel_handle&& other) noexcept
        : state_(std::move(other.state_)) {}
    cancel_handle& operator=(cancel_handle other) noexcept {
        state_.swap(other.state_);
        return *this;
    }
    ~cancel_handle() {
        if (state_)
            state_->remove_handle();
    }

    /// Asks the loop of the scope to cancel it; returns without waiting.
    ///
    /// Result: false when the scope has been left, which is no error.
    /// Errors: std::bad_alloc.
    bool
    cancel(std::string_view text = {},
           std::source_location where = std::source_location::current()) const {
        return state_ && detail::remote_state::post(state_, text, where);
    }

private:
    friend class cancel_scope;

    explicit cancel_handle(std::shared_ptr<detail::remote_state> state)
        : state_(std::move(state)) {
        state_->add_handle();
    }

    std::shared_ptr<detail::remote_state> state_;
};

TETHER_END_NAMESPACE

#endif
