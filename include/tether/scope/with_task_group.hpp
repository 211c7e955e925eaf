// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a task group opened and joined? with_task_group: the only way there
/// is, so that no group is left with a child alive.
#ifndef TETHER_SCOPE_WITH_TASK_GROUP_HPP
#define TETHER_SCOPE_WITH_TASK_GROUP_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/task_group.hpp>

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct group_access {
    static task_group make(group_core& core) noexcept {
        return task_group(core);
    }
    static group_core& core(task_group& group) noexcept { return *group.core_; }
};

// The parent's wait for the children: never given up (TG07), because the walk
// that would abort it has cancelled the children too.
class join_wait final : public wait {
public:
    abort_result abort() noexcept override { return abort_result::pending; }
    char const* description() const noexcept override { return "its children"; }
};

template<class F, class T, bool Optional>
class group_awaiter final : public body_runner, public group_core {
public:
    group_awaiter(frame_base& frame, task_group_options const& options, F&& fn)
        : body_runner(frame),
          group_core(options),
          group_(group_access::make(*this)),
          fn_(std::forward<F>(fn)),
          opened_at_(frame.where) {}

    void await_suspend(std::coroutine_handle<>) {
        scope_access::enter(scope_, record());
        try {
            run(call_body(fn_, group_), cell_);
        } catch (...) { // the function threw before it returned a task
            body_failed(std::current_exception(), opened_at_);
            end_body();
        }
    }

    std::conditional_t<Optional, optional_result<T>, T> await_resume() {
        if (forced_exit_) {
            report_errors();
            std::rethrow_exception(std::exchange(forced_exit_, nullptr));
        }
        if (!errors_.empty())
            throw make_exception_group(message(), std::move(errors_));
        if constexpr (Optional) {
            if (body_stopped_)
                return optional_result<T>();
            if constexpr (std::is_void_v<T>)
                return true;
            else
                return optional_result<T>(cell_.take());
        } else if constexpr (!std::is_void_v<T>) {
            if (body_stopped_)
                throw cancelled_error(scope_.reason(), options_.name);
            return cell_.take();
        }
    }

private:
    pump_next body_finished(task_record&) noexcept override {
        if (std::exception_ptr error = take_error()) {
            body_failed(std::move(error), opened_at_);
        }
        end_body();
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record&) noexcept override {
        body_stopped_ = true;
        scope_access::stop_arrived(scope_);
        end_body();
        return pump_next::go_on;
    }

    void end_body() noexcept {
        body_ended_ = true;
        if (over()) {
            decide();
            return;
        }
        task_record& r = record();
        r.resumes_at(host());
        wait_access::set_record(join_, &r);
        r.waits_for(join_);
        r.parked = true;
    }

    void joined() noexcept override {
        decide();
        record().waits_no_more();
        record().home()->enqueue(record());
    }

    // Without errors a group that was stopped from outside passes that on,
    // even if its body has a value (TG04); its own cancel ends here.
    void decide() noexcept {
        close();
        bool const outside = scope_access::stopped_from_outside(scope_);
        bool const stopped = body_stopped_ || child_stopped_;
        bool const own = scope_.cancel_called();
        scope_access::leave(scope_, body_stopped_);
        if (errors_.empty() && !forced_exit_ && stopped && (outside || !own))
            stop_host();
        else
            resume_host();
    }

    std::string message() const {
        std::string text = "task group";
        if (!options_.name.empty())
            text += " '" + std::string(options_.name) + "'";
        return text;
    }

    task_group group_;
    F fn_;
    std::source_location opened_at_;
    join_wait join_;
    [[no_unique_address]] result_cell<T> cell_;
};

template<class F, bool Optional>
class [[nodiscard("co_await the group")]] group_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, task_group>;

    group_op(task_group_options const& options, F&& fn,
             std::source_location here)
        : options_(options), fn_(std::forward<F>(fn)), where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return group_awaiter<F, value_type, Optional>(frame, options_,
                                                      std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    task_group_options options_;
    F fn_;
    std::source_location where_;
};

} // namespace detail

/// Runs `body(group)` and joins every child it has spawned.
///
/// Parameters: `body` is a coroutine function taking `task_group&`; an lvalue
/// is used in place and must outlive the await.
/// Result: what the body returned.
/// Errors: exception_group with all errors of the children and the body, in
/// completion order, also when there is only one; cancelled_error when the
/// group was cancelled by its own scope and the body has no value to return
/// (a void body returns normally then).
/// Completes when: the body and all children have ended. Opening and leaving a
/// group is no checkpoint.
/// On cancellation: children and body are stopped and joined, then the stop
/// passes on, unless it came from group.cancel().
/// Never lost: no error; with errors and an outer cancel the errors are thrown
/// now and the cancel is delivered at the next checkpoint.
/// Example:
/// \code
/// co_await with_task_group([&](task_group& group) -> task<> {
///     group.spawn(producer, std::ref(pipe));
///     group.spawn(consumer, std::ref(pipe));
///     co_return;
/// });
/// \endcode
template<class F>
[[nodiscard("co_await the group")]] auto
with_task_group(F&& body,
                std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::group_op<F, false>(task_group_options{},
                                      std::forward<F>(body), here);
}
/// \overload
template<class F>
[[nodiscard("co_await the group")]] auto
with_task_group(task_group_options options, F&& body,
                std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::group_op<F, false>(options, std::forward<F>(body), here);
}

/// Like with_task_group, for a group that is expected to be cancelled.
///
/// Result: `std::optional<T>`, empty when the group's own cancel ended the body
/// (for a void body: whether it ended by itself).
/// Completes when: the body and all children have ended.
/// On cancellation: as with_task_group.
template<class F>
[[nodiscard("co_await the group")]] auto with_cancellable_task_group(
    F&& body, std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::group_op<F, true>(task_group_options{},
                                     std::forward<F>(body), here);
}
/// \overload
template<class F>
[[nodiscard("co_await the group")]] auto with_cancellable_task_group(
    task_group_options options, F&& body,
    std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    return detail::group_op<F, true>(options, std::forward<F>(body), here);
}

TETHER_END_NAMESPACE

#endif
