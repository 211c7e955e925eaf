// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do threads that run no loop call into one? Through a portal that a task
/// has opened for them.
#ifndef TETHER_THREAD_BLOCKING_PORTAL_HPP
#define TETHER_THREAD_BLOCKING_PORTAL_HPP

#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/detail/call_verb.hpp>
#include <tether/scope/start_signal.hpp>
#include <tether/task/detail/remote_target.hpp>
#include <tether/thread/detail/portal_call.hpp>
#include <tether/thread/detail/portal_core.hpp>
#include <tether/thread/portal_future.hpp>

#include <exception>
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
    wait,             ///< What runs may end by itself.
    cancel_remaining, ///< The children and the body are cancelled.
};

/// What blocking_portal::start() gives: what the task has reported, and its
/// end.
template<class V, class T>
struct portal_started {
    /// Both at once.
    portal_started(V&& v, portal_future<T>&& f)
        : value(std::forward<V>(v)), future(std::move(f)) {}

    V value;                 ///< Given to the start_signal.
    portal_future<T> future; ///< The end of the task.
};
/// The same of a task that reports no value.
template<class T>
struct portal_started<void, T> {
    /// The end alone.
    explicit portal_started(portal_future<T>&& f) noexcept
        : future(std::move(f)) {}

    portal_future<T> future; ///< The end of the task.
};

/// Lets threads without a loop call functions on one, and wait for them.
///
/// Had from with_blocking_portal() or a portal_thread. Every function runs as a
/// child of the portal's group: nothing outlives the portal.
/// Invariant: a handle; copies mean the same portal and may outlive it. While a
/// portal is open and handles exist, somebody may still call: io_context::run()
/// goes on, and there is no verdict of deadlock.
/// Errors: calling after the portal was stopped is run_finished, calling on a
/// thread that runs a loop std::logic_error: it would block that loop, and wait
/// for itself for ever. std::logic_error also for a function more than the
/// `max_children` of with_blocking_portal(), of which start() takes two until
/// the signal is called. std::bad_alloc, on either side, is an error of the
/// call that needed the memory.
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
    template<class Given, class F, class... Args>
    using function =
        detail::portal_function<Given, std::decay_t<F>, std::decay_t<Args>...>;

    struct call_verb {
        template<class F, class... Args>
        static auto call(blocking_portal const& portal,
                         std::source_location where, F&& fn, Args&&... args) ->
            typename function<detail::given<>, F, Args...>::value_type {
            using work =
                detail::portal_call<function<detail::given<>, F, Args...>>;
            detail::portal_core& core = portal.core();
            core.refuse_loop("blocking_portal::call()");
            auto const made = std::make_shared<work>(
                where, std::forward<F>(fn), std::forward<Args>(args)...);
            core.submit(made);
            made->end.wait();
            return made->end.take();
        }
    };
    struct spawn_verb {
        template<class F, class... Args>
        static auto call(blocking_portal const& portal,
                         std::source_location where, F&& fn, Args&&... args) {
            using work =
                detail::portal_call<function<detail::given<>, F, Args...>>;
            detail::portal_core& core = portal.core();
            auto const made = std::make_shared<work>(
                where, std::forward<F>(fn), std::forward<Args>(args)...);
            core.submit(made);
            return portal_future<typename work::value_type>(made, made->end,
                                                            portal.target_);
        }
    };
    template<class V>
    struct start_verb {
        template<class F, class... Args>
        static auto call(blocking_portal const& portal,
                         std::source_location where, F&& fn, Args&&... args) {
            using work = detail::portal_start<
                V, function<detail::given<start_signal<V>>, F, Args...>>;
            using T = typename work::value_type;
            detail::portal_core& core = portal.core();
            core.refuse_loop("blocking_portal::start()");
            auto const made = std::make_shared<work>(
                where, std::forward<F>(fn), std::forward<Args>(args)...);
            core.submit(made);
            portal_future<T> future(made, made->end, portal.target_);
            made->ready.wait();
            if constexpr (std::is_void_v<V>) {
                made->ready.take();
                return portal_started<V, T>(std::move(future));
            } else {
                return portal_started<V, T>(made->ready.take(),
                                            std::move(future));
            }
        }
    };

public:
    /// A handle of nothing; calls are run_finished.
    blocking_portal() noexcept = default;

    /// Runs `fn(args...)` on the loop and blocks until it has ended.
    ///
    /// Parameters: a coroutine function, a plain one, or one that returns
    /// something to await; it runs inside a task in any case. It and up to six
    /// arguments are decay-copied, and gone when the call returns.
    /// Result: what `fn` returned.
    /// Errors: what `fn` threw, unchanged; cancelled_error if it was stopped;
    /// those of the class.
    TETHER_CALL_VERB(, const, call, *this, call_verb::call, class F)

    /// Starts `fn(args...)` on the loop and returns at once.
    ///
    /// Parameters: as call().
    /// Result: a portal_future, which may be dropped.
    /// Errors: run_finished and std::bad_alloc; that there is no room comes
    /// from the future. On a thread that runs a loop as well: nobody is
    /// blocked.
    TETHER_CALL_VERB(, const, spawn, *this, spawn_verb::call, class F)

    /// Starts `fn(start_signal<V>, args...)` and blocks until it calls the
    /// signal, as task_group::start() waits.
    ///
    /// Parameters: as call().
    /// Result: portal_started with the value that the signal was given, and a
    /// future of the end.
    /// Errors: what `fn` threw before; child_exited_without_started; those of
    /// the class.
    /// Example:
    /// ```
    /// auto server = portal.start<unsigned short>(serve, config);
    /// connect(server.value);
    /// ```
    TETHER_CALL_VERB(, const, start, *this, start_verb<V>::call, class V = void,
                     class F)

    /// Ends the portal: from now on nobody can call, wait_stopped() completes,
    /// and what runs may end or is cancelled. Returns without waiting; after
    /// the end of the portal without effect.
    ///
    /// Errors: none; where the loop is a strand std::bad_alloc, and then
    /// nothing has changed. Threads: any, also one that runs a loop.
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
    [[nodiscard("co_await it")]] auto
    wait_stopped(detail::call_site here = TETHER_HERE) const {
        return core().stopped().wait(here);
    }

private:
    friend struct detail::portal_access;

    explicit blocking_portal(std::shared_ptr<detail::portal_core> core)
        : target_(std::move(core)) {}
    detail::portal_core& core() const {
        if (!target_.get())
            std::rethrow_exception(detail::portal_finished());
        return *target_.get();
    }

    detail::remote_reference<detail::portal_core> target_;
};

TETHER_END_NAMESPACE

#endif
