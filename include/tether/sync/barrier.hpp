// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do n tasks meet, again and again? The last to arrive lets all go on.
#ifndef TETHER_SYNC_BARRIER_HPP
#define TETHER_SYNC_BARRIER_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/sync/detail/wait_op.hpp>
#include <tether/sync/detail/waiter_queue.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

class barrier;

namespace detail {
class barrier_wait;
using barrier_op = wait_op<barrier_wait, barrier*>;
} // namespace detail

/// What barrier::statistics() tells.
struct barrier_statistics {
    std::size_t parties; ///< how many meet
    std::size_t waiting; ///< how many have arrived
    bool broken;         ///< aborted, and not reset since
};

/// A meeting point of a fixed number of tasks, used cycle after cycle.
///
/// Invariant: a cycle ends when the last party arrives; that lets exactly those
/// go on who arrived in it. Who comes back at once belongs to the next cycle,
/// even while others of this one have not run yet.
/// Errors: destroying it with waiters writes a sentence that names them and
/// terminates.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error. Constructible before any loop exists, usable in
/// several runs.
/// Example:
/// ```
/// tether::barrier step(workers);
/// for (;;) {
///     compute(my_part);
///     co_await step.arrive_and_wait();
/// }
/// ```
/// Source: std::barrier and asyncio's Barrier.
class barrier {
public:
    /// Parameters: how many tasks meet, at least one.
    /// Errors: std::invalid_argument when that is less.
    explicit constexpr barrier(std::ptrdiff_t parties)
        : parties_(static_cast<std::size_t>(parties)) {
        if (parties < 1)
            throw std::invalid_argument("barrier: " + std::to_string(parties) +
                                        " parties cannot meet; it takes one or "
                                        "more");
    }
    /// The same with a function that runs once in each cycle: in the last task
    /// to arrive, before anybody goes on. If it throws, that task gets the
    /// error and the barrier is broken for the others.
    template<class F>
        requires std::is_invocable_v<F&>
    barrier(std::ptrdiff_t parties, F on_completion) : barrier(parties) {
        completion_ =
            std::make_unique<completion_of<F>>(std::move(on_completion));
    }
    barrier(barrier const&) = delete;
    barrier& operator=(barrier const&) = delete;

    /// Arrives, and waits for the others.
    ///
    /// Result: the place in the order of arrival, from 0; each party of a cycle
    /// gets another one.
    /// Errors: broken_resource when the barrier is aborted or reset, or was
    /// aborted before; std::logic_error when tasks of another loop wait; in the
    /// last party what the completion function throws.
    /// Completes when: all parties have arrived. Always a checkpoint.
    /// On cancellation: as if the task had not arrived; the barrier stays
    /// usable and waits for one more.
    [[nodiscard("co_await the barrier")]] detail::barrier_op
    arrive_and_wait(detail::call_site here = TETHER_HERE) noexcept {
        return detail::barrier_op(here, this);
    }

    /// Waits for the others, then runs `fn` with the place in the order of
    /// arrival.
    ///
    /// Parameters: a coroutine function that takes a std::size_t; an lvalue is
    /// used in place and must outlive the await.
    /// Result: what `fn` gives.
    /// Errors: as arrive_and_wait(), and what `fn` throws.
    /// Completes when: `fn` has ended. A checkpoint, because of the barrier.
    /// On cancellation: stops the wait or `fn`.
    template<class F>
    [[nodiscard("co_await it")]] auto
    scoped(F&& fn,
           std::source_location here = std::source_location::current()) {
        TETHER_CHECK_BODY(F);
        static_assert(
            detail::is_task<std::invoke_result_t<F&, std::size_t>>,
            "barrier::scoped needs a function that takes a std::size_t and "
            "returns tether::task<T>");
        return run_scoped<F>(*this, std::forward<F>(fn), here);
    }

    /// Wakes all who wait with broken_resource and begins a fresh cycle, also
    /// after abort().
    ///
    /// Errors: std::logic_error when tasks of another loop wait, or from the
    /// completion function.
    void reset() {
        check_use();
        wake_broken();
        broken_ = false;
    }

    /// Wakes all who wait with broken_resource; whoever arrives gets it, too,
    /// until reset().
    ///
    /// Errors: as reset().
    void abort() {
        check_use();
        wake_broken();
        broken_ = true;
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] barrier_statistics statistics() const noexcept {
        return {parties_, waiters_.size(), broken_};
    }

private:
    friend class detail::barrier_wait;

    struct completion {
        completion() = default;
        completion(completion const&) = delete;
        completion& operator=(completion const&) = delete;
        virtual ~completion() = default;
        virtual void run() = 0;
    };
    template<class F>
    struct completion_of final : completion {
        explicit completion_of(F&& f) : fn(std::move(f)) {}
        void run() override { fn(); }
        F fn;
    };

    template<class F>
    static auto run_scoped(barrier& self, F fn, std::source_location here)
        -> std::invoke_result_t<F&, std::size_t>;

    void check_use() {
        waiters_.check_use();
        if (completing_)
            throw std::logic_error(
                "barrier: used by its own completion function");
    }
    void complete_cycle();
    void wake_broken() noexcept;

    detail::waiter_queue waiters_{"a barrier"};
    std::size_t parties_;
    std::unique_ptr<completion> completion_;
    bool broken_ = false;
    bool completing_ = false;
};

namespace detail {

class barrier_wait final : public queued_wait {
public:
    explicit barrier_wait(barrier* b) noexcept : barrier_(b) {}
    ~barrier_wait() {
        if (linked())
            barrier_->waiters_.remove(*this);
    }

    bool ready() {
        barrier_->check_use();
        if (barrier_->broken_)
            refuse();
        if (barrier_->waiters_.size() + 1 != barrier_->parties_)
            return false;
        barrier_->complete_cycle();
        index_ = barrier_->parties_ - 1;
        return true;
    }
    void start() noexcept { barrier_->waiters_.push_back(*this); }
    std::size_t result() const {
        if (broken_)
            refuse();
        return index_;
    }

    void released(std::size_t index) noexcept {
        index_ = index;
        complete();
    }
    void broke() noexcept {
        broken_ = true;
        complete();
    }
    abort_result abort() noexcept override {
        barrier_->waiters_.remove(*this);
        return abort_result::done;
    }
    char const* description() const noexcept override { return "a barrier"; }

private:
    [[noreturn]] static void refuse() {
        throw broken_resource("the barrier was aborted or reset");
    }

    barrier* barrier_;
    std::size_t index_ = 0;
    bool broken_ = false;
};

} // namespace detail

inline void barrier::complete_cycle() {
    if (completion_) {
        completing_ = true;
        try {
            completion_->run();
        } catch (...) {
            completing_ = false;
            wake_broken();
            broken_ = true;
            throw;
        }
        completing_ = false;
    }
    for (std::size_t index = 0; !waiters_.empty(); ++index)
        static_cast<detail::barrier_wait&>(waiters_.pop_front())
            .released(index);
}

inline void barrier::wake_broken() noexcept {
    while (!waiters_.empty())
        static_cast<detail::barrier_wait&>(waiters_.pop_front()).broke();
}

template<class F>
auto barrier::run_scoped(barrier& self, F fn, std::source_location here)
    -> std::invoke_result_t<F&, std::size_t> {
    std::size_t const index = co_await detail::barrier_op(here, &self);
    co_return co_await fn(index);
}

TETHER_END_NAMESPACE

#endif
