// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a value reach all the code below a call without being passed along?
/// A task_local, bound for the time of a body.
#ifndef TETHER_SCOPE_TASK_LOCAL_HPP
#define TETHER_SCOPE_TASK_LOCAL_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/scope/detail/carried_bindings.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/task/task.hpp>

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
template<class T>
class task_binding;
} // namespace detail

/// A value that a task and all below it see, as long as it is bound.
///
/// Bound by with_task_local for the time of a body, or by bound() for a child.
/// Invariant: a task sees the innermost binding around it. A child sees those
/// around its group, as it is governed by the scopes there; what a sibling
/// binds, or the spawner inside of the group, it does not see. A binding does
/// not change, so nobody sees another value in the middle of its work.
/// Parameters: the value that counts where nothing is bound, if any; a name for
/// dumps, which outlives the local. The local outlives its bindings; usually it
/// is a constant of the namespace.
/// Threads: work that a task sends to another thread or loop sees what the task
/// saw there, at the same time: reading the value must be safe from several
/// threads, and the last of them destroys it. The local itself is a constant.
/// Example:
/// \code
/// task_local<std::string> const request_id("no request");
/// co_await with_task_local(request_id, header.id, [&]() -> task<> {
///     co_await handle(header); // it and its children see request_id.get()
/// });
/// \endcode
/// Source: Python's contextvars, Kotlin's coroutine context.
template<class T>
class task_local {
public:
    /// Without a value where nothing is bound.
    task_local() = default;
    /// With one.
    explicit task_local(T otherwise, std::string_view name = {})
        : otherwise_(std::move(otherwise)), name_(name) {}
    task_local(task_local const&) = delete;
    task_local& operator=(task_local const&) = delete;

    /// The value bound, or else the one given to the constructor.
    ///
    /// Errors: std::logic_error when there is neither.
    /// Threads: also outside of tasks; nothing is bound there but on threads
    /// that work for a task.
    [[nodiscard]] T const& get() const {
        if (T const* const value = find())
            return *value;
        throw std::logic_error("the task_local '" + std::string(name_) +
                               "' is not bound here and has no default");
    }
    /// The same, null when there is neither.
    [[nodiscard]] T const* find() const noexcept;

    /// First argument of spawn() and start(): the child sees `value`.
    ///
    /// Example:
    /// \code
    /// group.spawn(request_id.bound(header.id), handle, header);
    /// \endcode
    template<class V>
    [[nodiscard(
        "give it to spawn() as first argument")]] detail::task_binding<T>
    bound(V&& value) const {
        return detail::task_binding<T>(*this, T(std::forward<V>(value)));
    }

    /// The name given.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

private:
    std::optional<T> otherwise_;
    std::string_view name_;
};

namespace detail {

template<class T, class F, class R>
class binding_awaiter final : public body_runner {
public:
    binding_awaiter(frame_base& frame, task_local<T> const& local, T&& value,
                    F&& fn)
        : body_runner(frame),
          bound_{&local, keep_value(std::move(value))},
          fn_(std::forward<F>(fn)) {
        scope_.owner = const_cast<bound_value*>(&bound_);
        scope_.label = local.name();
    }

    void await_suspend(std::coroutine_handle<>) {
        scope_.open(record());
        try {
            run(call_body(fn_, value()), cell_);
        } catch (...) {
            scope_.close();
            throw;
        }
    }
    R await_resume() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        return cell_.take();
    }

private:
    pump_next body_finished(task_record&) noexcept override {
        error_ = take_error();
        scope_.close();
        resume_host();
        return pump_next::go_on;
    }
    pump_next body_stopped(task_record&) noexcept override {
        scope_.close();
        stop_host();
        return pump_next::go_on;
    }

    // Counted: work that was sent to another thread and then abandoned may look
    // at it after the body has left.
    static std::shared_ptr<T const> keep_value(T&& value) {
        return std::allocate_shared<T const>(pool_allocator<T>(),
                                             std::move(value));
    }
    T const& value() const noexcept {
        return *static_cast<T const*>(bound_.value.get());
    }

    bound_value const bound_;
    operation_scope scope_{scope_kind::binding};
    F fn_;
    std::exception_ptr error_;
    [[no_unique_address]] result_cell<R> cell_;
};

template<class T, class F>
class [[nodiscard("co_await the body")]] with_task_local_op {
public:
    using value_type = body_value_t<std::remove_reference_t<F>, T const>;

    template<class V>
    with_task_local_op(task_local<T> const& local, V&& value, F&& fn,
                       std::source_location here)
        : local_(&local),
          value_(std::forward<V>(value)),
          fn_(std::forward<F>(fn)),
          where_(here) {}

    auto make_awaiter(frame_base& frame) && {
        return binding_awaiter<T, F, value_type>(
            frame, *local_, std::move(value_), std::forward<F>(fn_));
    }
    std::source_location where() const noexcept { return where_; }

private:
    task_local<T> const* local_;
    T value_;
    F fn_;
    std::source_location where_;
};

} // namespace detail

template<class T>
T const* task_local<T>::find() const noexcept {
    if (void const* const value = detail::find_bound(this))
        return static_cast<T const*>(value);
    return otherwise_ ? &*otherwise_ : nullptr;
}

/// Runs `body()` with a value bound to `local`.
///
/// Parameters: `value` is moved or copied into the await; `body` is a coroutine
/// function without parameters, or one that takes `T const&`; an lvalue is used
/// in place and must outlive the await.
/// Result: what the body returned.
/// Errors: those of the body.
/// Completes when: the body has ended. Opening and leaving is no checkpoint.
/// On cancellation: the stop passes through; what the body destroys sees the
/// binding.
/// Example:
/// \code
/// co_await with_task_local(deadline_class, urgent, [&]() -> task<> {
///     co_await answer(query);
/// });
/// \endcode
template<class T, class V, class F>
[[nodiscard("co_await the body")]] auto
with_task_local(task_local<T> const& local, V&& value, F&& body,
                std::source_location here = std::source_location::current()) {
    TETHER_CHECK_BODY(F);
    static_assert(std::is_constructible_v<T, V&&>,
                  "with_task_local(local, value, body): the value does not "
                  "convert to the type of the local");
    return detail::with_task_local_op<T, F>(local, std::forward<V>(value),
                                            std::forward<F>(body), here);
}

namespace detail {

// What task_local::bound() gives to spawn().
template<class T>
class task_binding {
public:
    task_binding(task_local<T> const& local, T&& value)
        : local_(&local), value_(std::move(value)) {}

    // The function of the child; the binding is kept beside it.
    template<class F>
    class function {
    public:
        template<class G>
        function(task_binding binding, G&& fn)
            : binding_(std::move(binding)), fn_(std::forward<G>(fn)) {}

        template<class... Args>
        auto operator()(Args... args) -> std::invoke_result_t<F&, Args...> {
            auto body = [&] { return std::invoke(fn_, std::move(args)...); };
            co_return co_await with_task_local(
                *binding_.local_, std::move(binding_.value_), body);
        }

    private:
        task_binding binding_;
        F fn_;
    };

private:
    task_local<T> const* local_;
    T value_;
};

template<class A>
inline constexpr bool is_task_binding = false;
template<class T>
inline constexpr bool is_task_binding<task_binding<T>> = true;

} // namespace detail

TETHER_END_NAMESPACE

#endif
