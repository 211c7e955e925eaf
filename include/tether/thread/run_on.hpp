// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task have something done on another executor, and come home with
/// the result? With run_on.
#ifndef TETHER_THREAD_RUN_ON_HPP
#define TETHER_THREAD_RUN_ON_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/thread/detail/far_call.hpp>
#include <tether/thread/detail/far_task.hpp>
#include <tether/thread/detail/far_work.hpp>
#include <tether/thread/other_executor.hpp>

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What is to be awaited: work that was made and not handed over yet.
template<class T>
class [[nodiscard("co_await it: nothing is started before")]] run_on_op {
public:
    run_on_op(std::shared_ptr<far_result<T>> work, char const* description,
              std::source_location here) noexcept
        : work_(std::move(work)), description_(description), where_(here) {}

    far_wait<T> connect() && noexcept {
        return far_wait<T>(std::move(work_), false, description_);
    }
    std::source_location where() const noexcept { return where_; }

private:
    std::shared_ptr<far_result<T>> work_;
    char const* description_;
    std::source_location where_;
};

template<class F, class... Args>
auto make_far_task(other_executor&& there, F&& fn, Args&&... args) {
    using body = body_for<F, Args...>;
    return std::shared_ptr<far_result<typename body::value_type>>(
        std::make_shared<far_task<body>>(
            serial_executor(std::move(there).take()), std::forward<F>(fn),
            std::forward<Args>(args)...));
}

template<class F, class... Args>
auto make_far_call(other_executor&& there, F&& fn, Args&&... args) {
    using work = far_call<std::decay_t<F>, std::decay_t<Args>...>;
    return std::shared_ptr<far_result<typename work::value_type>>(
        std::make_shared<work>(std::move(there).take(), std::forward<F>(fn),
                               std::forward<Args>(args)...));
}

template<class F, class... Args>
constexpr void check_far_function() {
    if constexpr (!spawnable<F, Args...>) {
        static_assert(far_callable<std::decay_t<F>, std::decay_t<Args>...>,
                      "the function cannot be called with these arguments: it "
                      "is called with copies of them, as rvalues; pass "
                      "std::ref for a reference");
        if constexpr (far_callable<std::decay_t<F>, std::decay_t<Args>...>)
            static_assert(
                !awaitable<
                    far_call_result<std::decay_t<F>, std::decay_t<Args>...>>,
                "the function returns something to be awaited: let it be a "
                "coroutine that returns tether::task<T>");
    }
}

// For what is awaited in the expression that makes it.
template<class F, class... Args>
constexpr void check_temporaries() {
    if constexpr (!is_task<std::remove_cvref_t<F>>)
        TETHER_CHECK_BODY(F);
    static_assert(
        !((destroyed_twice<Args> && std::is_aggregate_v<Args>) || ...),
        "g++ before 13 destroys an aggregate twice when it is a temporary in a "
        "co_await expression: name the argument first and pass the name, or "
        "give it a constructor");
}

} // namespace detail

/// Runs `fn(args...)` on another executor and comes home with its result.
///
/// A plain function is called by the executor, on any of its threads; a
/// coroutine function runs as a task on the executor's loop, with all that a
/// task can do.
/// Parameters: `there` is an executor or a context that is not about to end; a
/// coroutine needs one that runs its handlers one at a time, so it gets a
/// strand of its own where that is not known: of a thread_pool, say. `fn` and
/// the arguments are decay-copied, and gone when the task goes on. A plain
/// function may take a `std::stop_token` first. A `task<T>` may be given
/// instead of a function.
/// Result: what `fn` returned, made over there and moved here.
/// Errors: what `fn` threw, unchanged: a group has its members, names and
/// places; cancelled_error if a coroutine was stopped by its own side, with the
/// reason from there; operation_abandoned if the other context was destroyed
/// first.
/// Completes when: `fn` has ended and left nothing over there. Always a
/// checkpoint.
/// On cancellation: what has not begun never does, and the task stops at once.
/// What has begun is asked to stop and waited for: the token of a plain
/// function is requested; a coroutine is cancelled with the reason of its
/// caller, softly by a soft cancel, and runs at least to its first checkpoint.
/// A value or an error that comes all the same is delivered.
/// Never lost: a result that exists. The caller is never left with work that
/// runs on.
/// Threads: awaited on any loop. What `fn` refers to is used over there while
/// the task waits, so by one of both.
/// Example:
/// ```
/// image const small = co_await run_on(pool, shrink, std::move(photo));
/// co_await run_on(database_loop, [&]() -> task<> { co_await db.store(small);
/// });
/// ```
/// Source: Kotlin's withContext, asyncio's run_in_executor.
template<class F, class... Args>
[[nodiscard("co_await it: nothing is started before")]] auto
run_on(other_executor there, F&& fn, Args&&... args) {
    detail::check_temporaries<F, Args...>();
    detail::check_far_function<F, Args...>();
    std::source_location const here = there.where();
    if constexpr (detail::spawnable<F, Args...>) {
        auto work = detail::make_far_task(std::move(there), std::forward<F>(fn),
                                          std::forward<Args>(args)...);
        using T = typename decltype(work)::element_type::value_type;
        return detail::run_on_op<T>(std::move(work), "a task of another loop",
                                    here);
    } else {
        auto work = detail::make_far_call(std::move(there), std::forward<F>(fn),
                                          std::forward<Args>(args)...);
        using T = typename decltype(work)::element_type::value_type;
        return detail::run_on_op<T>(std::move(work),
                                    "a function on another executor", here);
    }
}

TETHER_END_NAMESPACE

#endif
