// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is an error had as a value, without a throw?
#ifndef TETHER_SCOPE_AS_OUTCOME_HPP
#define TETHER_SCOPE_AS_OUTCOME_HPP

#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A plain call whose error is taken out of the record instead of rethrown.
template<class T>
class outcome_awaiter final : public call_base<T> {
public:
    using call_base<T>::call_base;

    outcome<T> await_resume() {
        if (std::exception_ptr error = this->take_error())
            return outcome<T>::from_error(std::move(error));
        if constexpr (std::is_void_v<T>)
            return outcome<T>::from_value();
        else
            return outcome<T>::from_value(this->cell_.take());
    }
};

template<class T>
class [[nodiscard("co_await the outcome")]] outcome_op {
public:
    outcome_op(task<T>&& work, std::source_location here) noexcept
        : work_(std::move(work)), where_(here) {}
    outcome_awaiter<T> make_awaiter(frame_base& frame) && {
        return outcome_awaiter<T>(work_, frame);
    }
    std::source_location where() const noexcept { return where_; }

private:
    task<T> work_;
    std::source_location where_;
};

// The only place where an outcome is "cancelled": the child was, not we.
template<class T>
task<outcome<T>> handle_outcome(task_handle<T>& handle) {
    co_await handle.wait();
    switch (handle.status()) {
    case task_status::failed:
        co_return outcome<T>::from_error(handle.error());
    case task_status::cancelled:
        try {
            static_cast<void>(handle.result());
        } catch (cancelled_error const& e) {
            co_return outcome<T>::from_cancelled(e.reason());
        }
        [[fallthrough]];
    default:
        break;
    }
    if constexpr (std::is_void_v<T>)
        co_return outcome<T>::from_value();
    else
        co_return outcome<T>::from_value(std::move(handle).result());
}

} // namespace detail

/// Awaits `work` and gives its error as a value.
///
/// Parameters: a task, any other awaitable, or a task_handle.
/// Result: outcome<T> with the value or the error; cancelled only for the
/// handle of a child that was cancelled.
/// Errors: none of the work's.
/// Completes when: the work has ended. A checkpoint only if the work is one.
/// On cancellation: transparent: a stop passes through as if it were not there.
/// Example:
/// \code
/// auto result = co_await as_outcome(fetch(url));
/// if (result.has_error()) log(format_error(result.error()));
/// \endcode
template<class T>
[[nodiscard("co_await the outcome")]] auto
as_outcome(task<T> work,
           std::source_location here = std::source_location::current()) {
    return detail::outcome_op<T>(std::move(work), here);
}
/// \overload
template<class T>
[[nodiscard("co_await the outcome")]] auto as_outcome(task_handle<T>& handle) {
    return detail::handle_outcome(handle);
}
/// \overload
template<awaitable A>
    requires(!detail::is_task<std::remove_cvref_t<A>>)
[[nodiscard("co_await the outcome")]] auto
as_outcome(A&& work,
           std::source_location here = std::source_location::current()) {
    return detail::outcome_op<await_result_t<A>>(
        detail::to_task<std::decay_t<A>>(std::forward<A>(work)), here);
}

TETHER_END_NAMESPACE

#endif
