// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a verb run its body in a scope of its own, on the task that awaits
/// it? The common part of all scope-forming awaits.
#ifndef TETHER_SCOPE_DETAIL_SCOPED_BODY_HPP
#define TETHER_SCOPE_DETAIL_SCOPED_BODY_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A body may take the scope or not.
template<class F, class Scope>
decltype(auto) call_body(F& f, Scope& scope) {
    if constexpr (std::is_invocable_v<F&, Scope&>)
        return std::invoke(f, scope);
    else
        return std::invoke(f);
}

template<class F, class Scope>
struct body_call {
    static_assert(std::is_invocable_v<F&, Scope&> || std::is_invocable_v<F&>,
                  "the body must be callable without arguments or with a "
                  "reference to its scope");
    using task_type = std::remove_cvref_t<decltype(call_body(
        std::declval<F&>(), std::declval<Scope&>()))>;
    static_assert(is_task<task_type>,
                  "the body must be a coroutine: let it return tether::task<T> "
                  "(a lambda needs -> task<T>)");
    using type = task_value_t<task_type>;
};
template<class F, class Scope>
using body_value_t = typename body_call<F, Scope>::type;

// Runs frames on the awaiting task and comes back to its frame. Derived classes
// say in finished() and stopped() what happens in between.
class body_runner : public boundary {
public:
    explicit body_runner(frame_base& host) noexcept
        : host_(&host), record_(&running_record()) {}

    bool await_ready() const noexcept { return false; }

protected:
    ~body_runner() = default;

    frame_base& host() const noexcept { return *host_; }
    task_record& record() const noexcept { return *record_; }

    template<class T>
    void run(task<T>&& made, result_cell<T>& cell) {
        promise<T>* p = task_access::release(made);
        if (!p)
            throw std::logic_error("the body is an empty task: it was moved "
                                   "from or awaited before");
        p->deliver_to(cell);
        p->ends_at(*this);
        record().resumes_at(*p);
    }
    void resume_host() noexcept { record().resumes_at(*host_); }
    void stop_host() noexcept { record().unwinds_at(*host_); }
    std::exception_ptr take_error() noexcept { return record().take_error(); }

private:
    frame_base* host_;
    task_record* record_;
};

// The value form of "the body ended, or the stop was absorbed".
template<class T>
using optional_result = std::conditional_t<
    std::is_void_v<T>, bool,
    std::optional<std::conditional_t<
        std::is_reference_v<T>,
        std::reference_wrapper<std::remove_reference_t<T>>, T>>>;

// A body inside one cancel_scope: with_cancel_scope, fail_*, move_on_*,
// shielded. `Scope` is made by the verb and configured before await_suspend.
template<class F, class T>
class scoped_body : public body_runner {
public:
    scoped_body(frame_base& frame, cancel_scope& scope, F&& fn)
        : body_runner(frame), scope_(&scope), fn_(std::forward<F>(fn)) {}

    void await_suspend(std::coroutine_handle<>) {
        scope_access::enter(*scope_, record());
        try {
            run(call_body(fn_, *scope_), cell_);
        } catch (...) {
            scope_access::leave(*scope_, false);
            throw;
        }
    }

    pump_next body_finished(task_record&) noexcept override {
        error_ = take_error();
        scope_access::leave(*scope_, false);
        resume_host();
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record&) noexcept override {
        stopped_ = true;
        if (scope_access::leave(*scope_, true))
            resume_host();
        else
            stop_host();
        return pump_next::go_on;
    }

protected:
    ~scoped_body() = default;

    cancel_scope& scope() const noexcept { return *scope_; }
    bool stopped() const noexcept { return stopped_; }
    void mark_stopped() noexcept { stopped_ = true; }
    std::exception_ptr const& error() const noexcept { return error_; }
    void rethrow_error() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }
    T take_value() { return cell_.take(); }

    optional_result<T> optional_value() {
        if (stopped())
            return optional_result<T>();
        if constexpr (std::is_void_v<T>)
            return true;
        else
            return optional_result<T>(take_value());
    }

private:
    cancel_scope* scope_;
    F fn_;
    std::exception_ptr error_;
    [[no_unique_address]] result_cell<T> cell_;
    bool stopped_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
