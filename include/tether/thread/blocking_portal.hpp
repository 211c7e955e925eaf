// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do threads that run no loop call into one? Through a portal that a task
/// has opened for them.
#ifndef TETHER_THREAD_BLOCKING_PORTAL_HPP
#define TETHER_THREAD_BLOCKING_PORTAL_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/scope/detail/scoped_body.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_group_options.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/portal_call.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/portal_future.hpp>

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {
struct portal_access;
} // namespace detail

/// How blocking_portal::stop() ends a portal.
enum class portal_stop : unsigned char {
    /// What runs may end by itself.
    wait,
    /// The children and the body are cancelled.
    cancel_remaining,
};

/// What blocking_portal::start() gives: what the task has reported, and its
/// end.
///
/// Threads: a plain value.
template<class V, class T>
class portal_started {
public:
    portal_started(V&& v, portal_future<T>&& f)
        : value(std::forward<V>(v)), future(std::move(f)) {}

    V value;
    portal_future<T> future;
};
template<class T>
class portal_started<void, T> {
public:
    explicit portal_started(portal_future<T>&& f) noexcept
        : future(std::move(f)) {}

    portal_future<T> future;
};

/// Lets threads without a loop call functions on one, and wait for them.
///
/// Had from with_blocking_portal(), inside of which every function runs as a
/// child of a group: nothing outlives the portal.
/// Invariant: a handle; copies mean the same portal and may outlive it. While a
/// portal is open and handles exist, somebody may still call: io_context::run()
/// goes on, and there is no verdict of deadlock.
/// Errors: calling after the portal was stopped is run_finished, calling on a
/// thread that runs a loop std::logic_error: it would block that loop, and wait
/// for itself for ever.
/// Never lost: a thread that waits is told, also when the portal is cancelled
/// (cancelled_error) or its context destroyed (run_finished).
/// Threads: any that runs no loop, at the same time; wait_stopped() is for the
/// loop.
/// Example:
/// ```
/// co_await with_blocking_portal([&](blocking_portal& portal) -> task<> {
///     legacy.on_request = [portal](request r) {
///         return portal.call(answer, std::move(r)); // on a thread of legacy's
///     };
///     co_await portal.wait_stopped();
/// });
/// ```
/// Source: anyio's BlockingPortal.
class blocking_portal {
    template<class F, class... Args>
    using function = detail::portal_function<detail::given<>, std::decay_t<F>,
                                             std::decay_t<Args>...>;
    template<class V, class F, class... Args>
    using starter =
        detail::portal_function<detail::given<start_signal<V>>, std::decay_t<F>,
                                std::decay_t<Args>...>;

public:
    /// A handle of nothing; calls are run_finished.
    blocking_portal() noexcept = default;

    /// Runs `fn(args...)` on the loop and blocks until it has ended.
    ///
    /// Parameters: a coroutine function or a plain one, which runs inside a
    /// task as well; it and the arguments are decay-copied and gone when the
    /// call returns. Result: what `fn` returned. Errors: what `fn` threw,
    /// unchanged; cancelled_error if it was stopped; those of the class.
    template<class F, class... Args>
    auto call(F&& fn, Args&&... args) const ->
        typename function<F, Args...>::value_type {
        using work = detail::portal_call<function<F, Args...>>;
        core().refuse_loop("call()");
        auto const made = std::make_shared<work>(std::forward<F>(fn),
                                                 std::forward<Args>(args)...);
        core().submit(made);
        made->end.wait();
        return made->end.take();
    }

    /// Starts `fn(args...)` on the loop and returns at once.
    ///
    /// Parameters: as call().
    /// Result: a future, which may be dropped.
    /// Errors: those of the class, but for std::logic_error: nobody is blocked.
    template<class F, class... Args>
    auto spawn(F&& fn, Args&&... args) const
        -> portal_future<typename function<F, Args...>::value_type> {
        using work = detail::portal_call<function<F, Args...>>;
        auto made = std::make_shared<work>(std::forward<F>(fn),
                                           std::forward<Args>(args)...);
        core().submit(made);
        return {made, made->end, target_};
    }

    /// Starts `fn(start_signal<V>, args...)` and blocks until it calls the
    /// signal, as task_group::start() waits.
    ///
    /// Result: the value that it gave, and a future of its end.
    /// Errors: what `fn` threw before; child_exited_without_started; those of
    /// the class.
    /// Example:
    /// ```
    /// auto server = portal.start<unsigned short>(serve, config);
    /// connect(server.value);
    /// ```
    template<class V = void, class F, class... Args>
    auto start(F&& fn, Args&&... args) const
        -> portal_started<V, typename starter<V, F, Args...>::value_type> {
        using work = detail::portal_start<V, starter<V, F, Args...>>;
        using T = typename starter<V, F, Args...>::value_type;
        core().refuse_loop("start()");
        auto const made = std::make_shared<work>(std::forward<F>(fn),
                                                 std::forward<Args>(args)...);
        core().submit(made);
        portal_future<T> future(made, made->end, target_);
        made->ready.wait();
        if constexpr (std::is_void_v<V>) {
            made->ready.take();
            return portal_started<V, T>(std::move(future));
        } else {
            return portal_started<V, T>(made->ready.take(), std::move(future));
        }
    }

    /// Ends the portal: from now on nobody can call, wait_stopped() completes,
    /// and what runs may end or is cancelled. Returns without waiting.
    ///
    /// Threads: any, also one that runs a loop.
    void stop(portal_stop how = portal_stop::wait) const {
        if (target_.get())
            target_.get()->stop(how == portal_stop::cancel_remaining);
    }

    /// Waits on the loop until the portal was stopped.
    ///
    /// Completes when: stop() was called, or the body of the portal has ended.
    /// Always a checkpoint.
    /// On cancellation: stops; the portal goes on.
    /// Threads: on the loop of the portal.
    [[nodiscard("co_await it")]] auto wait_stopped(
        std::source_location here = std::source_location::current()) const {
        return core().stopped().wait(here);
    }

private:
    friend struct detail::portal_access;

    explicit blocking_portal(std::shared_ptr<detail::portal_core> core)
        : target_(std::move(core)) {}
    detail::portal_core& core() const {
        if (!target_.get())
            throw run_finished("a call through a blocking_portal of nothing");
        return *target_.get();
    }

    detail::remote_reference<detail::portal_core> target_;
};

namespace detail {

struct portal_access {
    static blocking_portal make(std::shared_ptr<portal_core> core) {
        return blocking_portal(std::move(core));
    }
    static std::shared_ptr<portal_core> const&
    core(blocking_portal const& portal) noexcept {
        return portal.target_.get();
    }
};

// What is open as long as the frame of with_blocking_portal.
class open_portal {
public:
    open_portal() : core_(std::make_shared<portal_core>(*running_loop())) {}
    open_portal(open_portal const&) = delete;
    open_portal& operator=(open_portal const&) = delete;
    ~open_portal() { core_->close(); }

    portal_core& core() const noexcept { return *core_; }
    blocking_portal handle() const { return portal_access::make(core_); }

private:
    std::shared_ptr<portal_core> core_;
};

template<class T, class F>
task<T> portal_task(task_group_options options, F body) {
    open_portal const portal;
    auto work = [&](task_group& group) -> task<T> {
        portal.core().open(group);
        struct at_end {
            portal_core& core;
            ~at_end() { core.body_ended(); }
        } const ends{portal.core()};
        blocking_portal handle = portal.handle();
        co_return co_await call_body(body, handle);
    };
    co_return co_await with_task_group(options, work);
}

inline constexpr task_group_options portal_options{
    .name = "portal", .policy = group_policy::supervise};

} // namespace detail

/// Opens a portal, runs `body(portal)`, and joins what threads have started
/// through it.
///
/// The portal is stopped when the body has ended: what was let in until then
/// runs to its end, later calls are run_finished.
/// Parameters: `body` is a coroutine function taking `blocking_portal&`; an
/// lvalue is used in place. `options` are those of the group of the portal: by
/// default its name is "portal", and it is supervised, so that an error that no
/// thread reads goes to the error sink of the loop.
/// Result: what the body returned.
/// Errors: as with_task_group().
/// Completes when: the body and all children have ended.
/// On cancellation: children and body are stopped and joined; threads that wait
/// get cancelled_error.
template<class F>
[[nodiscard("co_await the portal")]] auto with_blocking_portal(F&& body) {
    TETHER_CHECK_BODY(F);
    using T = detail::body_value_t<std::remove_reference_t<F>, blocking_portal>;
    return detail::portal_task<T, F>(detail::portal_options,
                                     std::forward<F>(body));
}
/// \overload
template<class F>
[[nodiscard("co_await the portal")]] auto
with_blocking_portal(task_group_options options, F&& body) {
    TETHER_CHECK_BODY(F);
    using T = detail::body_value_t<std::remove_reference_t<F>, blocking_portal>;
    return detail::portal_task<T, F>(options, std::forward<F>(body));
}

TETHER_END_NAMESPACE

#endif
