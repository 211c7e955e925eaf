// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a function on a thread reach back to the task that called it? It
/// asks about a cancel, or has the task run something for it.
#ifndef TETHER_THREAD_FROM_THREAD_HPP
#define TETHER_THREAD_FROM_THREAD_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>
#include <tether/runtime/frame.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/host_request.hpp>
#include <tether/thread/detail/thread_call.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

inline thread_call& this_call(char const* function) {
    if (current_worker && current_worker->call)
        return *current_worker->call;
    throw std::logic_error(
        "from_thread::" + std::string(function) +
        "() was called on a thread that no to_thread() has started, so it does "
        "not know which task to ask: other threads reach a loop through a "
        "blocking_portal");
}

// What the host runs may be a coroutine, return something to await, or be done
// when it returns.
template<class R>
struct served {
    using type = R;
};
template<awaitable R>
struct served<R> {
    using type = await_result_t<R>;
};

template<class F, class... Args>
class host_function final : public host_request {
    using returned = std::invoke_result_t<F, Args...>;

public:
    using value_type = typename served<returned>::type;

    template<class... As>
    explicit host_function(As&&... work) : work_(std::forward<As>(work)...) {}

    frame_base& begin(boundary& end) override {
        task<value_type> made = run(*this);
        promise<value_type>* const p = task_access::release(made);
        p->deliver_to(value_);
        p->ends_at(end);
        return *p;
    }
    value_type wait_for(thread_call& call) {
        switch (wait()) {
        case host_answer::stopped:
            call.throw_stopped();
        case host_answer::finished:
            throw run_finished("from_thread::run");
        default:
            rethrow();
        }
        return value_.take();
    }

private:
    returned call() {
        return std::apply(
            [](F& fn, Args&... args) -> returned {
                return std::invoke(std::move(fn), std::move(args)...);
            },
            work_);
    }
    // A template, as g++ compiles any other coroutine whether used or not.
    template<class Self>
    static task<value_type> run(Self& self) {
        if constexpr (awaitable<returned>)
            co_return co_await self.call();
        else
            co_return self.call();
    }

    std::tuple<F, Args...> work_;
    [[no_unique_address]] result_cell<value_type> value_;
};

} // namespace detail

/// Functions for the thread of a to_thread() call. On any other thread each
/// throws std::logic_error.
namespace from_thread {

/// Throws if the scopes around the call are cancelled. If the function lets
/// that out, the awaiting task stops.
///
/// Errors: cancelled_error, with the reason; std::logic_error on a thread that
/// works for nobody.
/// Example:
/// ```
/// for (auto const& row : table) {
///     from_thread::check_cancelled();
///     work(row);
/// }
/// ```
/// Source: Trio's from_thread.check_cancelled.
inline void check_cancelled() {
    detail::this_call("check_cancelled").throw_if_stopped();
}

/// Whether the scopes around the call are cancelled, or asked to end by a soft
/// cancel.
[[nodiscard]] inline bool cancel_requested() {
    return detail::this_call("cancel_requested").soft_stop_requested();
}

#if defined(__cpp_lib_jthread)
/// A token that is stop-requested when cancel_requested() becomes true, for
/// code that knows only the standard's tokens. Only where the standard library
/// has std::stop_token (libc++ 19: with -fexperimental-library).
[[nodiscard]] inline std::stop_token stop_token() {
    return detail::this_call("stop_token").stop_token();
}
#endif

/// Has the task that awaits the call run `fn(args...)`, and blocks until that
/// is done.
///
/// It runs as a part of that task: inside its scopes, with its deadlines and
/// task_locals, and this_task is that task. A call of to_thread() in there with
/// the same limiter works with the token of this thread, which is blocked, so
/// calls may go back and forth to any depth.
/// Parameters: `fn` is a coroutine function, a plain function, or one that
/// returns something to await; it and the arguments are decay-copied. What they
/// refer to must outlive the loop's part of the work, which ends before run()
/// returns, except when that throws run_finished.
/// Result: what `fn` returned.
/// Errors: what `fn` threw; cancelled_error when the task is stopped before
/// `fn` has ended; run_finished when the context goes down meanwhile, or when
/// the call was abandoned; std::logic_error on a thread that works for nobody,
/// and on one that runs a loop, which must not be blocked.
/// Completes when: `fn` has ended, or the task is stopped. The task waits for
/// the function on the thread in any case.
/// On cancellation: the frames of `fn` are destroyed, and this throws in the
/// thread.
/// Example:
/// ```
/// co_await to_thread([&] {
///     for (legacy_cursor rows(db); rows.next();)
///         from_thread::run([&] { return tx.send_from(rows.value()); });
/// });
/// ```
/// Source: Trio's from_thread.run.
template<class F, class... Args>
auto run(F&& fn, Args&&... args) {
    static_assert(
        std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>,
        "from_thread::run(fn, args...): fn cannot be called with copies of "
        "these arguments, as rvalues; pass std::ref for a reference");
    using request =
        detail::host_function<std::decay_t<F>, std::decay_t<Args>...>;
    detail::thread_call& call = detail::this_call("run");
    if (detail::running_loop())
        throw std::logic_error(
            "from_thread::run() was called where a loop runs, which it would "
            "block: co_await the function instead");
    auto const made = std::make_shared<request>(std::forward<F>(fn),
                                                std::forward<Args>(args)...);
    call.ask_host(made);
    return made->wait_for(call);
}

/// Blocks the thread for some time of the loop's clock, which is virtual in
/// tests.
///
/// Parameters: the time, not negative.
/// Errors: as run().
/// Completes when: the time is over, or the task is stopped.
/// On cancellation: throws cancelled_error at once.
template<class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> time) {
    run([time] { return tether::sleep_for(time); });
}

} // namespace from_thread

TETHER_END_NAMESPACE

#endif
