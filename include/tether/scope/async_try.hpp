// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does cleanup await? `async_try(body).on_cancel(f).finally(g)`: what a
/// catch block or a destructor cannot do.
#ifndef TETHER_SCOPE_ASYNC_TRY_HPP
#define TETHER_SCOPE_ASYNC_TRY_HPP

#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/detail/own_scope.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/shielded.hpp>
#include <tether/task/detail/root.hpp>

#include <array>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct no_handler {};

// A cleanup handler may look at how the work ended.
template<class F>
task<> call_cleanup(F& f, exit_reason const& why) {
    if constexpr (std::is_invocable_v<F&, exit_reason const&>)
        return std::invoke(f, why);
    else if constexpr (std::is_invocable_v<F&, cancel_reason const&>)
        return std::invoke(f, why.reason());
    else
        return std::invoke(f);
}

template<class F>
concept cleanup_handler =
    std::is_same_v<F, no_handler> ||
    std::is_invocable_r_v<task<>, F&, exit_reason const&> ||
    std::is_invocable_r_v<task<>, F&, cancel_reason const&> ||
    std::is_invocable_r_v<task<>, F&>;

// Runs the body, then the handlers that apply, each behind a shield with grace.
// The body's frames are gone before a handler starts; its value stays.
template<class F, class OnCancel, class Finally, class T>
class try_awaiter final : public body_runner {
public:
    try_awaiter(frame_base& frame, duration grace, F&& fn, OnCancel&& on_cancel,
                Finally&& at_end)
        : body_runner(frame),
          grace_(grace),
          fn_(std::forward<F>(fn)),
          on_cancel_(std::forward<OnCancel>(on_cancel)),
          finally_(std::forward<Finally>(at_end)),
          cleanup_(*this) {}

    void await_suspend(std::coroutine_handle<>) noexcept {
        try {
            run(std::invoke(fn_), cell_);
        } catch (...) { // the function threw before it returned a task
            record().set_error(std::current_exception());
            static_cast<void>(body_finished(record()));
        }
    }

    pump_next body_finished(task_record&) noexcept override {
        if (std::exception_ptr error = take_error()) {
            why_ = exit_reason(error);
            body_error_ = std::move(error);
        }
        begin_finally();
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record& r) noexcept override {
        stopped_ = true;
        if (r.home()->shutting_down() || r.inner()->forced()) {
            stop_host();
            return pump_next::go_on;
        }
        try {
            why_ = exit_reason(stop_reason(*r.inner()));
        } catch (...) {
            keep_error(std::current_exception());
        }
        if constexpr (std::is_same_v<std::remove_cvref_t<OnCancel>, no_handler>)
            begin_finally();
        else
            begin(on_cancel_, phase::on_cancel);
        return pump_next::go_on;
    }

    T await_resume() {
        if (cleanup_failures_ != 0)
            throw_cleanup_errors();
        if (body_error_)
            std::rethrow_exception(std::exchange(body_error_, nullptr));
        return cell_.take();
    }

private:
    enum class phase : unsigned char { on_cancel, finally };

    // The chain of frames of a handler ends here.
    class cleanup_end final : public boundary {
    public:
        explicit cleanup_end(try_awaiter& owner) noexcept : owner_(&owner) {}

        void run(task<>&& made, task_record& r) {
            promise<void>* p = task_access::release(made);
            if (!p)
                throw std::logic_error("a cleanup handler returned an empty "
                                       "task: it was moved from or awaited "
                                       "before");
            p->ends_at(*this);
            r.resumes_at(*p);
        }
        pump_next body_finished(task_record& r) noexcept override {
            owner_->handler_ended(r.take_error(), false);
            return pump_next::go_on;
        }
        pump_next body_stopped(task_record&) noexcept override {
            owner_->handler_ended(nullptr, true);
            return pump_next::go_on;
        }

    private:
        try_awaiter* owner_;
    };

    template<class Handler>
    void begin(Handler& handler, phase now) noexcept {
        phase_ = now;
        task_record& r = record();
        r.resumes_at(host());
        auto& scope = shields_[now == phase::on_cancel ? 0 : 1].emplace(
            scope_kind::cleanup);
        scope_access::shield_for(scope.made, grace_);
        try {
            scope_access::enter(scope.made, r);
        } catch (...) { // no memory for a timer: the handler cannot run
            keep_error(std::current_exception());
            go_on();
            return;
        }
        try {
            cleanup_.run(call_cleanup(handler, why_), r);
        } catch (...) {
            handler_ended(std::current_exception(), false);
        }
    }
    void begin_finally() noexcept {
        if constexpr (std::is_same_v<std::remove_cvref_t<Finally>, no_handler>)
            done();
        else
            begin(finally_, phase::finally);
    }

    void handler_ended(std::exception_ptr error, bool stopped) noexcept {
        auto& scope = shields_[phase_ == phase::on_cancel ? 0 : 1]->made;
        scope_access::leave(scope, stopped);
        if (error)
            keep_error(std::move(error));
        go_on();
    }

    void keep_error(std::exception_ptr error) noexcept {
        cleanup_errors_[cleanup_failures_++] = std::move(error);
    }
    [[noreturn]] void throw_cleanup_errors() {
        if (!body_error_ && cleanup_failures_ == 1)
            std::rethrow_exception(cleanup_errors_[0]);
        std::vector<std::exception_ptr> all;
        if (body_error_)
            all.push_back(body_error_);
        all.insert(all.end(), cleanup_errors_.begin(),
                   cleanup_errors_.begin() + cleanup_failures_);
        throw exception_group("cleanup failed", std::move(all));
    }

    void go_on() noexcept {
        if (record().home()->shutting_down())
            stop_host();
        else if (phase_ == phase::on_cancel)
            begin_finally();
        else
            done();
    }

    // A cleanup error beats the stop, which comes at the next checkpoint.
    void done() noexcept {
        if (stopped_ && cleanup_failures_ == 0)
            stop_host();
        else
            resume_host();
    }

    duration grace_;
    F fn_;
    OnCancel on_cancel_;
    Finally finally_;
    cleanup_end cleanup_;
    std::optional<own_scope> shields_[2];
    exit_reason why_;
    std::exception_ptr body_error_;
    // Of the reason of the stop, of on_cancel and of finally: no memory is
    // needed to keep them.
    std::array<std::exception_ptr, 3> cleanup_errors_;
    result_cell<T> cell_;
    phase phase_ = phase::finally;
    std::uint8_t cleanup_failures_ = 0;
    bool stopped_ = false;
};

template<class F, class OnCancel, class Finally>
class [[nodiscard("co_await the whole chain")]] try_op {
public:
    using task_type = std::invoke_result_t<std::remove_reference_t<F>&>;
    static_assert(is_task<task_type>,
                  "the body of async_try must be a coroutine function without "
                  "parameters: let it return tether::task<T>");
    using value_type = task_value_t<task_type>;

    try_op(F&& fn, OnCancel&& on_cancel, Finally&& at_end, duration grace,
           std::source_location here)
        : fn_(std::forward<F>(fn)),
          on_cancel_(std::forward<OnCancel>(on_cancel)),
          finally_(std::forward<Finally>(at_end)),
          grace_(grace),
          where_(here) {}

    /// Adds what to do when the body is stopped.
    template<class G>
        requires std::is_same_v<std::remove_cvref_t<OnCancel>, no_handler>
    auto on_cancel(G&& handler) && {
        TETHER_CHECK_BODY(G);
        static_assert(cleanup_handler<std::remove_reference_t<G>>,
                      "on_cancel takes a coroutine function returning task<>, "
                      "called with nothing or a cancel_reason const&");
        return try_op<F, G, Finally>(
            std::forward<F>(fn_), std::forward<G>(handler),
            std::forward<Finally>(finally_), grace_, where_);
    }
    /// Adds what to do at the end, however the body ended.
    template<class G>
        requires std::is_same_v<std::remove_cvref_t<Finally>, no_handler>
    auto finally(G&& handler) && {
        TETHER_CHECK_BODY(G);
        static_assert(cleanup_handler<std::remove_reference_t<G>>,
                      "finally takes a coroutine function returning task<>, "
                      "called with nothing or an exit_reason const&");
        return try_op<F, OnCancel, G>(std::forward<F>(fn_),
                                      std::forward<OnCancel>(on_cancel_),
                                      std::forward<G>(handler), grace_, where_);
    }
    /// How long a handler may go on in a cancelled scope.
    auto grace(shield_options options) && {
        return try_op(std::forward<F>(fn_), std::forward<OnCancel>(on_cancel_),
                      std::forward<Finally>(finally_), checked_grace(options),
                      where_);
    }

    auto make_awaiter(frame_base& frame) && {
        return try_awaiter<F, OnCancel, Finally, value_type>(
            frame, grace_, std::forward<F>(fn_),
            std::forward<OnCancel>(on_cancel_),
            std::forward<Finally>(finally_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    F fn_;
    OnCancel on_cancel_;
    Finally finally_;
    duration grace_;
    std::source_location where_;
};

} // namespace detail

/// Runs `body()`, then the handlers chained to it, which may await.
///
/// `.on_cancel(f)` runs `f()` or `f(cancel_reason const&)` when the body was
/// stopped; `.finally(g)` runs `g()` or `g(exit_reason const&)` however it
/// ended; `.grace({5s})` bounds each of them once a cancel is pending.
/// Parameters: coroutine functions; lvalues are used in place.
/// Result: what the body returned.
/// Errors: what the body threw; an error of a handler; several of them as an
/// exception_group, the body's first.
/// Completes when: the body and the handlers have ended.
/// On cancellation: the body is stopped, then the handlers run behind a shield
/// with a grace of ten seconds by default, then the stop passes on. When the
/// context is destroyed nothing runs any more.
/// Never lost: an error of a handler during a stop is thrown; the stop comes at
/// the next checkpoint then.
/// Example:
/// \code
/// co_await async_try([&]() -> task<> { co_await long_job(); })
///     .on_cancel([&]() -> task<> { co_await save_progress(); })
///     .finally([&]() -> task<> { co_await connection.close(); });
/// \endcode
template<class F>
[[nodiscard("co_await the whole chain")]] auto
async_try(F&& body,
          std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::try_op<F, detail::no_handler, detail::no_handler>(
        std::forward<F>(body), detail::no_handler{}, detail::no_handler{},
        detail::checked_grace({}), here);
}

TETHER_END_NAMESPACE

#endif
