// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task call a function that blocks? On a thread, while the loop
/// goes on: to_thread.
#ifndef TETHER_THREAD_TO_THREAD_HPP
#define TETHER_THREAD_TO_THREAD_HPP

#include <tether/detail/config.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/thread/detail/call_wait.hpp>
#include <tether/thread/detail/thread_function.hpp>

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// How a function runs on a thread.
///
/// Parameters: nothing is owned; what is named here outlives the await.
struct to_thread_options {
    /// Whose token the function has while it runs; null means the
    /// default_thread_limiter() of the loop.
    capacity_limiter* limiter = nullptr;
    /// The name of the thread meanwhile, for debuggers, and of the call in
    /// dumps. Linux shows fifteen characters of it.
    std::string_view name = {};
};

/// First argument of to_thread(): a cancel does not wait for the function.
struct abandon_on_cancel_t {
    explicit abandon_on_cancel_t() = default;
};
/// The one to write: to_thread(abandon_on_cancel, fn).
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

namespace detail {

template<class T>
inline constexpr bool is_thread_option = std::is_same_v<T, to_thread_options> ||
                                         std::is_same_v<T, abandon_on_cancel_t>;

// Of a call that is waited for: in the awaiter, so it has no owners to count.
template<class... Work>
class own_thread_function final : public thread_function<Work...> {
public:
    explicit own_thread_function(std::tuple<Work...>&& work)
        : thread_function<Work...>(false, std::move(work)) {}

private:
    void keep() noexcept override {}
    void drop() noexcept override {}
    void discard() noexcept override {}
};

// A base class, so that the function exists before the wait for it.
template<class... Work>
struct in_awaiter {
    explicit in_awaiter(std::tuple<Work...>&& work)
        : function(std::move(work)) {}
    own_thread_function<Work...> function;
};
template<class... Work>
struct in_block {
    explicit in_block(std::tuple<Work...>&& work)
        : function(*new shared_thread_function<Work...>(std::move(work))) {}
    in_block(in_block const&) = delete;
    in_block& operator=(in_block const&) = delete;
    ~in_block() { function.let_go(); }
    shared_thread_function<Work...>& function;
};

template<template<class...> class Where, class... Work>
class to_thread_wait final : private Where<Work...>, public call_wait {
public:
    to_thread_wait(to_thread_options const& options, std::tuple<Work...>&& work)
        : Where<Work...>(std::move(work)),
          call_wait(options.limiter, options.name, this->function) {}

    typename thread_function<Work...>::value_type result() {
        rethrow();
        return this->function.result();
    }
};

template<template<class...> class Where, class... Work>
class [[nodiscard(
    "co_await the function: it is not called before")]] to_thread_op {
public:
    template<class... As>
    explicit to_thread_op(to_thread_options const& options, As&&... work)
        : options_(options), work_(std::forward<As>(work)...) {}

    to_thread_wait<Where, Work...> connect() && {
        return to_thread_wait<Where, Work...>(options_, std::move(work_));
    }

private:
    to_thread_options options_;
    std::tuple<Work...> work_;
};

template<template<class...> class Where, class F, class... Args>
auto make_to_thread(to_thread_options const& options, F&& fn, Args&&... args) {
    return to_thread_op<Where, kept_function<F>, std::decay_t<Args>...>(
        options, std::forward<F>(fn), std::forward<Args>(args)...);
}

} // namespace detail

/// Calls `fn(args...)` on a thread, where it may block; the loop goes on.
///
/// Parameters: `fn` and the arguments are decay-copied, and `fn` is called with
/// them as rvalues; what they refer to lives on, as the caller waits. A named
/// closure that cannot be copied is used in place. If `fn`
/// takes a std::stop_token first, it gets one that a cancel stops. In the
/// thread the functions of `from_thread` reach back to the caller, and
/// task_locals are those of the caller. to_thread_options may come first.
/// Result: what `fn` returned, moved.
/// Errors: what `fn` threw, unchanged; std::system_error when no thread can be
/// made; std::logic_error for a limiter that tasks of another loop use.
/// Completes when: a token of the limiter was free, and `fn` has returned.
/// Always a checkpoint: in a cancelled scope `fn` is not called.
/// On cancellation: a wait for a token ends. Otherwise the task waits until
/// `fn` has ended, which can look with from_thread::check_cancelled(): if it
/// lets out what that throws, the task stops.
/// Never lost: what `fn` returned or threw in spite of a cancel; the stop comes
/// at the next checkpoint. The token comes back when the thread has ended.
/// Threads: those of the execution context, kept for ten seconds when they are
/// idle and joined at its end; see worker_threads.
/// Example:
/// ```
/// auto row = co_await to_thread(legacy_query, "select 1");
/// ```
/// Source: Trio's to_thread.run_sync.
template<class F, class... Args>
    requires(!detail::is_thread_option<std::decay_t<F>>)
[[nodiscard("co_await the function: it is not called before")]] auto
to_thread(F&& fn, Args&&... args) {
    detail::check_thread_call<F, Args...>();
    return detail::make_to_thread<detail::in_awaiter>(
        to_thread_options(), std::forward<F>(fn), std::forward<Args>(args)...);
}
/// The same with options.
template<class F, class... Args>
[[nodiscard("co_await the function: it is not called before")]] auto
to_thread(to_thread_options options, F&& fn, Args&&... args) {
    detail::check_thread_call<F, Args...>();
    return detail::make_to_thread<detail::in_awaiter>(
        options, std::forward<F>(fn), std::forward<Args>(args)...);
}

/// The same for a function that may hang: a cancel leaves the thread behind,
/// with all that it uses.
///
/// Parameters: `fn` is a function, or a lambda without captures; the arguments
/// own what they are: pointers and views do not compile, as the caller may be
/// gone when they are looked at.
/// Completes when: as above, or with a cancel. Always a checkpoint.
/// On cancellation: the task stops at once, and the thread goes on. Its result
/// is destroyed there; its error goes to the loop's on_unhandled_error, or
/// nowhere when the run has ended by then. Its token comes back when it has
/// ended. A thread that still works at the end of the run is left to itself;
/// on_unhandled_error hears of it as thread_left_behind.
/// Example:
/// ```
/// auto ip = co_await to_thread(abandon_on_cancel, resolve, std::string(host));
/// ```
template<class F, class... Args>
    requires(!detail::is_thread_option<std::decay_t<F>>)
[[nodiscard("co_await the function: it is not called before")]] auto
to_thread(abandon_on_cancel_t, F&& fn, Args&&... args) {
    detail::check_abandoned_call<F, Args...>();
    return detail::make_to_thread<detail::in_block>(
        to_thread_options(), std::forward<F>(fn), std::forward<Args>(args)...);
}
/// The same with options.
template<class F, class... Args>
[[nodiscard("co_await the function: it is not called before")]] auto
to_thread(abandon_on_cancel_t, to_thread_options options, F&& fn,
          Args&&... args) {
    detail::check_abandoned_call<F, Args...>();
    return detail::make_to_thread<detail::in_block>(
        options, std::forward<F>(fn), std::forward<Args>(args)...);
}

TETHER_END_NAMESPACE

#endif
