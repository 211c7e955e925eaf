// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for a std::future, which can only block? A thread waits
/// for it: from_future.
#ifndef TETHER_THREAD_FROM_FUTURE_HPP
#define TETHER_THREAD_FROM_FUTURE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/runtime_local.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/from_thread.hpp>
#include <tether/thread/to_thread.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Not the tokens of to_thread(), whose functions may be what the futures wait
// for.
struct future_limiter {
    capacity_limiter limiter{256};
};
inline constexpr runtime_local<future_limiter> future_limiters;

template<class Future>
bool is_ready(Future const& future) {
    return future.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
}

// On a thread. A future cannot be woken, so it is asked again and again.
template<class Future>
void wait_for_future(Future const& future) {
    static constexpr std::chrono::milliseconds slice(20);
    for (;;) {
        switch (future.wait_for(slice)) {
        case std::future_status::timeout:
            from_thread::check_cancelled();
            continue;
        case std::future_status::deferred:
            future.wait(); // the function runs here
            return;
        case std::future_status::ready:
            return;
        }
    }
}

template<class Future>
using future_value_t = std::conditional_t<
    std::is_lvalue_reference_v<decltype(std::declval<Future&>().get())> &&
        std::is_const_v<
            std::remove_reference_t<decltype(std::declval<Future&>().get())>>,
    std::remove_cvref_t<decltype(std::declval<Future&>().get())>,
    decltype(std::declval<Future&>().get())>;

template<class Future>
task<future_value_t<Future>> await_future(Future& future) {
    if (!future.valid())
        throw std::future_error(std::future_errc::no_state);
    if (is_ready(future))
        co_await checkpoint();
    else
        co_await to_thread(
            {.limiter = &future_limiters.get().limiter, .name = "from_future"},
            &wait_for_future<Future>, std::cref(future));
    co_return future.get();
}

// The destructor of a future of std::async blocks, so that it runs on a thread
// too.
template<class Future>
task<future_value_t<Future>> await_own_future(Future future) {
    auto work = [&] { return await_future(future); };
    auto leave = [&]() -> task<> {
        if (!future.valid() || is_ready(future))
            co_return;
        auto drop = [](Future& left) { Future const last = std::move(left); };
        co_await to_thread(
            {.limiter = &future_limiters.get().limiter, .name = "from_future"},
            drop, std::ref(future));
    };
    co_return co_await async_try(work).finally(leave);
}

} // namespace detail

/// Waits for a std::future without blocking the loop: a thread waits for it.
///
/// Parameters: the future stays where it is, and outlives the wait.
/// Result: its value, moved out of it; a deferred function is called on the
/// thread.
/// Errors: its error, std::future_error with broken_promise included;
/// std::future_error with no_state for a future that has none.
/// Completes when: the future is ready. Always a checkpoint.
/// On cancellation: the wait ends within 20 milliseconds; the future is as
/// before and can be awaited or read again. Whoever was to fulfil it goes on:
/// it does not know of the cancel. A deferred function is waited for.
/// Never lost: a value that was there before the cancel.
/// Threads: those of to_thread(), with tokens of their own, 256 for each loop.
/// The other way round, `co_spawn(executor, fn, asio::use_future)` gives a
/// std::future of a task.
/// Example:
/// ```
/// std::future<report> later = legacy.print(job);
/// report const r = co_await from_future(later);
/// ```
template<class T>
[[nodiscard("co_await the future")]] auto from_future(std::future<T>& future) {
    return detail::await_future(future);
}
/// The same for a future that is given away.
///
/// Completes when: as above.
/// On cancellation: the future is dropped, on the thread: one of std::async
/// waits in its destructor for its function, and the task with it.
template<class T>
[[nodiscard("co_await the future")]] auto from_future(std::future<T>&& future) {
    return detail::await_own_future(std::move(future));
}
/// The same for a shared future.
///
/// Result: a copy of its value.
/// Completes when: as above.
/// On cancellation: as above; others may wait for it too.
template<class T>
[[nodiscard("co_await the future")]] auto
from_future(std::shared_future<T> future) {
    return detail::await_own_future(std::move(future));
}

TETHER_END_NAMESPACE

#endif
