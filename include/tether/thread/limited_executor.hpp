// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does one kind of work get no more than its part of a pool's threads?
/// Through a view of the pool that lets so many functions run at a time.
#ifndef TETHER_THREAD_LIMITED_EXECUTOR_HPP
#define TETHER_THREAD_LIMITED_EXECUTOR_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/co_spawn.hpp>
#include <tether/task/detail/spawn_root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Functions wait here in order; at most `limit` runners stand in the queue of
// the pool, each for one function, so that others have their turn in between.
class limited_queue : public std::enable_shared_from_this<limited_queue> {
public:
    class item {
    public:
        item() = default;
        item(item const&) = delete;
        item& operator=(item const&) = delete;
        virtual ~item() = default;
        virtual void run_and_delete() = 0;
    };

    explicit limited_queue(std::size_t limit) : limit_(limit) {
        if (limit == 0)
            throw std::invalid_argument("limited_executor: a limit of 0 lets "
                                        "nothing run; give at least 1");
    }

    void submit(asio::any_io_executor const& pool, std::unique_ptr<item> next) {
        item const* const added = next.get();
        {
            std::lock_guard const lock(mutex_);
            waiting_.push_back(std::move(next));
            if (runners_ == limit_)
                return;
            ++runners_;
        }
        if (start(pool))
            return;
        bool others = false;
        std::unique_ptr<item> const refused = withdraw(added, others);
        if (others)
            while (!start(pool))
                std::this_thread::yield();
        if (refused)
            throw std::bad_alloc();
    }

    std::size_t limit() const noexcept { return limit_; }
    std::size_t running() const {
        std::lock_guard const lock(mutex_);
        return running_;
    }
    std::size_t waiting() const {
        std::lock_guard const lock(mutex_);
        return waiting_.size();
    }

private:
    // One of the `limit`, as long as somebody refers to it: a runner in the
    // queue of the pool, or whoever puts it there. Dropped by a pool that goes
    // down.
    struct place {
        place(std::shared_ptr<limited_queue> q, asio::any_io_executor p)
            : queue(std::move(q)), pool(std::move(p)) {}
        place(place const&) = delete;
        place& operator=(place const&) = delete;
        ~place() {
            if (queue)
                queue->runner_dropped();
        }
        // Whether it is still wanted.
        bool goes_on() noexcept {
            bool const more = queue->goes_on();
            if (!more)
                queue = nullptr;
            return more;
        }

        std::shared_ptr<limited_queue> queue;
        asio::any_io_executor pool;
    };
    class runner {
    public:
        explicit runner(std::shared_ptr<place> at) noexcept
            : place_(std::move(at)) {}
        void operator()() {
            auto const here = std::move(place_);
            auto const queue = here->queue;
            do {
                try {
                    if (std::unique_ptr<item> now = queue->take())
                        now.release()->run_and_delete();
                } catch (...) { // leaves the thread of the pool
                    if (here->goes_on())
                        while (!hand_over(here))
                            std::this_thread::yield();
                    throw;
                }
                // Without memory the next one is run here, and others wait.
            } while (here->goes_on() && !hand_over(here));
        }

    private:
        std::shared_ptr<place> place_;
    };

    // False if there is no memory for it.
    static bool hand_over(std::shared_ptr<place> const& at) {
        try {
            asio::post(at->pool, runner(at));
        } catch (std::bad_alloc const&) {
            return false;
        }
        return true;
    }
    // The same for a place that was counted.
    bool start(asio::any_io_executor const& pool) {
        std::shared_ptr<place> made;
        try {
            made = std::make_shared<place>(shared_from_this(), pool);
        } catch (std::bad_alloc const&) {
            return false;
        }
        bool const posted = hand_over(made);
        if (!posted)
            made->queue = nullptr; // it was not dropped by the pool
        return posted;
    }
    // What got no runner, unless another one has taken it. Whether others have
    // come meanwhile, who count on that runner.
    std::unique_ptr<item> withdraw(item const* added, bool& others) {
        std::lock_guard const lock(mutex_);
        std::unique_ptr<item> mine;
        auto const at =
            std::find_if(waiting_.begin(), waiting_.end(),
                         [&](auto const& one) { return one.get() == added; });
        if (at != waiting_.end()) {
            mine = std::move(*at);
            waiting_.erase(at);
        }
        others = !waiting_.empty();
        if (!others)
            --runners_;
        return mine;
    }

    std::unique_ptr<item> take() {
        std::lock_guard const lock(mutex_);
        ++running_;
        if (waiting_.empty())
            return nullptr;
        std::unique_ptr<item> next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }
    bool goes_on() noexcept {
        std::lock_guard const lock(mutex_);
        --running_;
        if (!waiting_.empty())
            return true;
        --runners_;
        return false;
    }
    // The pool goes down. With the last runner goes what nobody will run; it
    // may hold executors that refer to this queue.
    void runner_dropped() noexcept {
        std::deque<std::unique_ptr<item>> left;
        std::lock_guard const lock(mutex_);
        if (--runners_ == 0)
            left.swap(waiting_);
    }

    mutable std::mutex mutex_;
    std::deque<std::unique_ptr<item>> waiting_;
    std::size_t const limit_;
    std::size_t runners_ = 0;
    std::size_t running_ = 0;
};

} // namespace detail

/// An executor on top of another one that runs at most so many functions at a
/// time, first come first served.
///
/// For what must not take all threads of a pool, say slow queries, or may not
/// run on more than so many, say a licence. Views have no threads of their own:
/// several may share one pool, whose threads are their common bound.
/// Invariant: copies are the same view. What is submitted begins in order; no
/// more than the limit is inside a function at any moment.
/// Parameters: `pool` is an executor or a context, which outlives the use of
/// the view; `limit` is at least 1.
/// Errors: std::invalid_argument for a limit of 0, which names it. What a
/// function throws leaves the thread of the pool.
/// Never lost: what was submitted runs, or is destroyed with the pool.
/// Threads: any.
/// Example:
/// ```
/// asio::thread_pool pool(8);
/// limited_executor const queries(pool, 2);
/// auto rows = co_await run_on(queries, select, "...");
/// ```
/// Source: Kotlin's limitedParallelism.
class limited_executor {
    template<class F>
    struct item_of final : detail::limited_queue::item {
        template<class G>
        explicit item_of(G&& g) : fn(std::forward<G>(g)) {}
        // The memory goes before the call, as with Asio's own contexts.
        void run_and_delete() override {
            F f(std::move(fn));
            delete this;
            f();
        }
        F fn;
    };

public:
    /// A view of `pool`, an executor or a context, that runs at most `limit`
    /// functions at a time.
    template<class E>
        requires detail::executor_or_context<E>
    limited_executor(E&& pool, std::size_t limit)
        : pool_(detail::executor_of(pool)),
          queue_(std::make_shared<detail::limited_queue>(limit)) {}

    /// Whether both are the same view.
    friend bool operator==(limited_executor const& a,
                           limited_executor const& b) noexcept {
        return a.queue_ == b.queue_;
    }
    friend bool operator!=(limited_executor const& a,
                           limited_executor const& b) noexcept {
        return a.queue_ != b.queue_;
    }

    /// Result: how many functions may run at a time.
    [[nodiscard]] std::size_t limit() const noexcept { return queue_->limit(); }
    /// Result: how many do at this moment.
    [[nodiscard]] std::size_t running() const { return queue_->running(); }
    /// Result: how many wait for their turn.
    [[nodiscard]] std::size_t waiting() const { return queue_->waiting(); }

    /// The context of the pool.
    asio::execution_context& query(asio::execution::context_t) const noexcept {
        return asio::query(pool_, asio::execution::context);
    }
    /// Never blocks: each function waits at least for its turn.
    static constexpr asio::execution::blocking_t
    query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    /// The same view, as work that keeps the pool running.
    limited_executor
    require(asio::execution::outstanding_work_t::tracked_t tracked) const {
        return limited_executor(asio::prefer(pool_, tracked), queue_);
    }
    /// The same view without.
    limited_executor
    require(asio::execution::outstanding_work_t::untracked_t untracked) const {
        return limited_executor(asio::prefer(pool_, untracked), queue_);
    }
    /// Puts `f` behind what waits.
    template<class F>
    void execute(F&& f) const {
        queue_->submit(pool_, std::make_unique<item_of<std::decay_t<F>>>(
                                  std::forward<F>(f)));
    }

private:
    limited_executor(asio::any_io_executor pool,
                     std::shared_ptr<detail::limited_queue> queue) noexcept
        : pool_(std::move(pool)), queue_(std::move(queue)) {}

    asio::any_io_executor pool_;
    std::shared_ptr<detail::limited_queue> queue_;
};

TETHER_END_NAMESPACE

#endif
