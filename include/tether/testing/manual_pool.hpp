// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test decide when the work of another executor runs? On a pool
/// without threads: each item runs when the test says so.
#ifndef TETHER_TESTING_MANUAL_POOL_HPP
#define TETHER_TESTING_MANUAL_POOL_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// An execution context that stands in for a thread pool. What is submitted to
/// its executor waits until the test runs it, in the order that the test
/// chooses, on the thread of the test.
///
/// Invariant: nothing runs by itself; what was not run is destroyed with the
/// pool.
/// Threads: any thread may submit; run_one() and run_all() on one at a time,
/// within a task as well.
/// Example:
/// ```
/// manual_pool pool;
/// group.spawn([&]() -> task<> {
///     co_await asio::post(pool.get_executor(), use_task);
///     seen = true;
/// });
/// co_await settle();
/// CHECK(!seen);
/// pool.run_one();
/// ```
/// Source: Kotlin's StandardTestDispatcher.
class manual_pool : public asio::execution_context {
    struct item {
        virtual ~item() = default;
        virtual void run() = 0;
    };
    template<class F>
    struct item_of final : item {
        explicit item_of(F&& f) : fn(std::move(f)) {}
        explicit item_of(F const& f) : fn(f) {}
        // The memory goes before the call, as with Asio's own contexts.
        void run() override {
            F f(std::move(fn));
            delete this;
            f();
        }
        F fn;
    };

public:
    /// Submits to a manual_pool; never runs anything itself.
    ///
    /// Invariant: valid as long as the pool.
    class executor_type {
    public:
        bool operator==(executor_type const&) const noexcept = default;

        /// The pool.
        asio::execution_context&
        query(asio::execution::context_t) const noexcept {
            return *pool_;
        }
        /// Never blocks: what is submitted waits for the test.
        static constexpr asio::execution::blocking_t
        query(asio::execution::blocking_t) noexcept {
            return asio::execution::blocking.never;
        }
        /// Puts `f` behind what is queued.
        template<class F>
        void execute(F&& f) const {
            pool_->submit(
                std::make_unique<item_of<std::decay_t<F>>>(std::forward<F>(f)));
        }

    private:
        friend class manual_pool;
        explicit executor_type(manual_pool& pool) noexcept : pool_(&pool) {}

        manual_pool* pool_;
    };

    manual_pool() = default;
    ~manual_pool() {
        shutdown();
        // Destroying one item may submit another.
        while (take(0)) {
        }
        destroy();
    }

    /// Result: the executor for post(), co_spawn() and the like.
    executor_type get_executor() noexcept { return executor_type(*this); }

    /// How many items wait.
    std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return items_.size();
    }
    bool empty() const { return size() == 0; }

    /// Runs the item with `ahead` others before it.
    ///
    /// Errors: std::logic_error when there is no such item; what it throws.
    void run_one(std::size_t ahead = 0) {
        auto next = take(ahead);
        if (!next)
            throw std::logic_error("manual_pool: there is nothing to run; "
                                   "co_await settle() first, so that the tasks "
                                   "have submitted their work");
        next.release()->run();
    }

    /// Runs what is queued, and what that submits, until nothing is left.
    ///
    /// Result: how many items ran.
    /// Errors: what an item throws; the rest stays queued.
    std::size_t run_all() {
        std::size_t count = 0;
        for (; auto next = take(0); ++count)
            next.release()->run();
        return count;
    }

private:
    void submit(std::unique_ptr<item> next) {
        std::lock_guard const lock(mutex_);
        items_.push_back(std::move(next));
    }
    std::unique_ptr<item> take(std::size_t ahead) {
        std::lock_guard const lock(mutex_);
        if (ahead >= items_.size())
            return nullptr;
        auto const at = items_.begin() + static_cast<std::ptrdiff_t>(ahead);
        auto next = std::move(*at);
        items_.erase(at);
        return next;
    }

    mutable std::mutex mutex_;
    std::deque<std::unique_ptr<item>> items_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
