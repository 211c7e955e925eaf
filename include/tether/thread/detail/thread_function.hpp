// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does the thread of a call do? It calls a function with the arguments it
/// was given, and keeps what comes out.
#ifndef TETHER_THREAD_DETAIL_THREAD_FUNCTION_HPP
#define TETHER_THREAD_DETAIL_THREAD_FUNCTION_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/thread_call.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// As with std::jthread, a function that can take a token gets one.
#if defined(__cpp_lib_jthread)
template<class F, class... Args>
inline constexpr bool takes_token =
    std::is_invocable_v<F, std::stop_token, Args...>;
#else
template<class F, class... Args>
inline constexpr bool takes_token = false;
#endif

template<class F, class... Args>
struct thread_result {
    using type = std::invoke_result_t<F, Args...>;
};
#if defined(__cpp_lib_jthread)
template<class F, class... Args>
    requires takes_token<F, Args...>
struct thread_result<F, Args...> {
    using type = std::invoke_result_t<F, std::stop_token, Args...>;
};
#endif

template<class F, class... Args>
inline constexpr bool callable_on_thread =
    std::is_invocable_v<F, Args...> || takes_token<F, Args...>;

// A closure that can only be moved is named and passed by its name where g++ 12
// would destroy the temporary twice.
template<class F>
using kept_function =
    std::conditional_t<std::is_lvalue_reference_v<F> &&
                           !std::is_copy_constructible_v<std::decay_t<F>>,
                       F, std::decay_t<F>>;

// Whatever refers to a temporary is a value on this side.
template<class T>
using owned_result = std::conditional_t<std::is_rvalue_reference_v<T>,
                                        std::remove_cvref_t<T>, T>;

// Whether a value surely is not all of what it stands for.
template<class T>
inline constexpr bool is_borrowed =
    std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::ranges::view<T>;
template<class R, class... Args>
inline constexpr bool is_borrowed<R (*)(Args...)> = false;
template<class R, class... Args>
inline constexpr bool is_borrowed<R (*)(Args...) noexcept> = false;
template<class T>
inline constexpr bool is_borrowed<std::reference_wrapper<T>> = true;

// Captures cannot be looked at, arguments can.
template<class F>
inline constexpr bool has_no_captures =
    std::is_empty_v<F> || (std::is_pointer_v<F> && !is_borrowed<F>);

template<class F, class... Args>
class thread_function : public thread_call {
public:
    using value_type = owned_result<typename thread_result<F, Args...>::type>;

    value_type result() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        return value_.take();
    }

protected:
    thread_function(bool abandonable, std::tuple<F, Args...>&& work)
        : thread_call(abandonable), work_(std::move(work)) {}
    ~thread_function() = default;

    void discard_result() noexcept { value_.reset(); }
    void discard_work() noexcept { work_.reset(); }

private:
    void work() noexcept final {
        current_worker = this;
        try {
            if (stop_requested())
                stopped_ = true; // before it began
            else
                invoke();
        } catch (call_stopped const&) {
            stopped_ = stop_requested();
            if (!stopped_) // it was kept from another call
                error_ = std::current_exception();
        } catch (...) {
            error_ = std::current_exception();
        }
        current_worker = nullptr;
        if (abandonable())
            discard_work(); // all of it is the thread's
    }
    void invoke() {
        if constexpr (std::is_void_v<value_type>) {
            call_function();
        } else {
            value_.value.construct_with(
                [this]() -> decltype(auto) { return call_function(); });
            value_.full = true;
        }
    }
    decltype(auto) call_function() {
        return std::apply(
            [&](std::remove_reference_t<F>& fn,
                Args&... args) -> decltype(auto) {
#if defined(__cpp_lib_jthread)
                if constexpr (takes_token<F, Args...>)
                    return std::invoke(static_cast<F&&>(fn), this->stop_token(),
                                       std::move(args)...);
                else
#endif
                    return std::invoke(static_cast<F&&>(fn),
                                       std::move(args)...);
            },
            *work_);
    }

    std::optional<std::tuple<F, Args...>> work_;
    [[no_unique_address]] result_cell<value_type> value_;
};

// Owned by the awaiter and the thread.
template<class... Work>
class shared_thread_function final : public thread_function<Work...> {
public:
    explicit shared_thread_function(std::tuple<Work...>&& work)
        : thread_function<Work...>(true, std::move(work)) {}

private:
    void keep() noexcept override {
        owners_.fetch_add(1, std::memory_order_relaxed);
    }
    void drop() noexcept override {
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }
    void discard() noexcept override { this->discard_result(); }

    std::atomic<unsigned> owners_{1};
};

template<class A>
inline constexpr bool argument_destroyed_twice =
    destroyed_twice<A> && std::is_aggregate_v<A>;

template<class F, class... Args>
constexpr void check_thread_call() {
    TETHER_CHECK_BODY(F);
    static_assert(!(argument_destroyed_twice<Args> || ...),
                  "g++ before 13 destroys an aggregate twice when it is a "
                  "temporary in a co_await expression: name it first, and pass "
                  "the name");
    static_assert(callable_on_thread<kept_function<F>, std::decay_t<Args>...>,
                  "to_thread(fn, args...): fn cannot be called with copies of "
                  "these arguments, as rvalues; pass std::ref for a reference");
    static_assert(
        !is_task<std::remove_cvref_t<typename thread_result<
            kept_function<F>, std::decay_t<Args>...>::type>>,
        "to_thread(fn, args...) calls a plain function; fn is a coroutine, "
        "which does not block: co_await it here, or where it should run with "
        "run_on");
}

template<class F, class... Args>
constexpr void check_abandoned_call() {
    check_thread_call<F, Args...>();
    static_assert(has_no_captures<std::decay_t<F>>,
                  "to_thread(abandon_on_cancel, fn, args...): the thread may "
                  "outlive the caller, and captures cannot be checked: let fn "
                  "be a function or a lambda without captures, and pass what "
                  "it needs as arguments");
    static_assert(!(is_borrowed<std::decay_t<Args>> || ...),
                  "to_thread(abandon_on_cancel, fn, args...): the thread may "
                  "outlive the caller, and this argument refers to something "
                  "else: pass a value that owns it (std::string, "
                  "std::shared_ptr), not a pointer, view or std::ref");
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
