// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where do blocking functions run? On worker threads of the execution context,
/// made when none is idle, kept for a while, joined with the context.
#ifndef TETHER_THREAD_DETAIL_WORKERS_HPP
#define TETHER_THREAD_DETAIL_WORKERS_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/wakers.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/thread/detail/thread_name.hpp>

#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// What worker_threads::statistics() tells.
struct worker_statistics {
    std::size_t threads;   ///< how many threads there are
    std::size_t idle;      ///< how many of them have nothing to do
    std::size_t abandoned; ///< how many work although nobody waits for them
};

namespace detail {

class worker;

// One function for a worker. It is in the list of what runs from submit() on;
// the worker takes it out and then calls worked(), after which it may be gone.
class worker_job : public list_node {
public:
    thread_name name;

protected:
    // Nobody waits for some jobs when the context goes down.
    explicit worker_job(bool waited_for) noexcept : waited_for_(waited_for) {}
    ~worker_job() = default;

    bool abandonable() const noexcept { return !waited_for_; }

    // Owners of a job that can be abandoned; nothing to others.
    virtual void keep() noexcept = 0;
    virtual void drop() noexcept = 0;

private:
    friend class worker_core;

    // On the worker.
    virtual void work() noexcept = 0;
    virtual void worked() noexcept = 0;

    // Of a job that nobody waits for, on the thread that destroys the context;
    // between keep() and drop(), because it may end at any time.
    virtual void left_by_context() noexcept = 0;

    worker* on_ = nullptr;
    bool const waited_for_;
    bool abandoned_ = false;
};

// In the list of idle ones while it is idle.
class worker : public list_node {
private:
    friend class worker_core;

    std::thread thread_;
    std::condition_variable wake_;
    wakers wakers_;
    worker_job* job_ = nullptr;
    worker* next_ = nullptr; // of all
    thread_name name_;
    bool left_ = false; // by its context: it is nobody's any more
};

// Shared by the service and the workers, because a thread that was left behind
// outlives the service.
class worker_core {
public:
    using duration = std::chrono::steady_clock::duration;

    worker_core() = default;
    worker_core(worker_core const&) = delete;
    worker_core& operator=(worker_core const&) = delete;

    // Hands `job` to the thread that was busy last, or to a new one.
    static void submit(std::shared_ptr<worker_core> const& self,
                       worker_job& job) {
        std::unique_lock lock(self->mutex_);
        if (self->over_)
            throw run_finished("to_thread");
        if (!self->idle_.empty()) {
            worker& w = self->idle_.back();
            w.unlink();
            self->give(w, job);
            w.wakers_.enter();
            lock.unlock();
            w.wake_.notify_one();
            w.wakers_.leave();
            return;
        }
        auto made = std::make_unique<worker>();
        self->give(*made, job);
        try {
            made->thread_ =
                std::thread([core = self, w = made.get()] { core->run(*w); });
        } catch (...) {
            static_cast<list_node&>(job).unlink();
            throw;
        }
        worker* const w = made.release();
        w->next_ = std::exchange(self->all_, w);
        ++self->threads_;
    }

    void set_idle_time(duration d) {
        std::lock_guard const lock(mutex_);
        idle_time_ = d;
        idle_.for_each([](worker& w) { w.wake_.notify_one(); });
    }
    worker_statistics statistics() {
        std::lock_guard const lock(mutex_);
        std::size_t abandoned = 0;
        running_.for_each([&](worker_job const& job) {
            if (job.abandoned_)
                ++abandoned;
        });
        return {threads_, idle_.count(), abandoned};
    }
    void abandon(worker_job& job) noexcept {
        std::lock_guard const lock(mutex_);
        job.abandoned_ = true;
    }

    // The context goes down. What nobody waits for is left to itself; the loops
    // wait for the rest.
    void end() noexcept {
        std::unique_lock lock(mutex_);
        over_ = true;
        while (worker_job* const job = next_to_leave()) {
            worker& w = *job->on_;
            w.left_ = true;
            w.thread_.detach();
            forget(w);
            job->keep();
            lock.unlock();
            job->left_by_context();
            job->drop();
            lock.lock();
        }
        idle_.for_each([](worker& w) { w.wake_.notify_one(); });
    }
    // The context is gone.
    void join() noexcept {
        std::unique_lock lock(mutex_);
        while (worker* const w = all_) {
            all_ = w->next_;
            lock.unlock();
            w->thread_.join();
            delete w;
            lock.lock();
        }
        std::thread last = std::move(expired_);
        lock.unlock();
        if (last.joinable())
            last.join();
    }

private:
    void give(worker& w, worker_job& job) noexcept {
        w.job_ = &job;
        job.on_ = &w;
        running_.push_back(job);
    }
    worker_job* next_to_leave() noexcept {
        worker_job* found = nullptr;
        running_.for_each([&](worker_job& job) {
            if (!found && !job.waited_for_ && !job.on_->left_)
                found = &job;
        });
        return found;
    }
    void forget(worker& w) noexcept {
        worker** at = &all_;
        while (*at != &w)
            at = &(*at)->next_;
        *at = w.next_;
        --threads_;
    }

    // The body of a worker.
    void run(worker& w) noexcept {
        std::unique_lock lock(mutex_);
        do {
            worker_job* const job = std::exchange(w.job_, nullptr);
            lock.unlock();
            w.name_.become(job->name);
            job->work();
            lock.lock();
            static_cast<list_node*>(job)->unlink();
            if (w.left_) {
                lock.unlock();
                job->worked();
                delete &w;
                return;
            }
            // Idle before the loop hears of it, which may have the next one.
            idle_.push_back(w);
            lock.unlock();
            job->worked();
            lock.lock();
            if (!wait_for_job(w, lock))
                return expire(w, lock);
        } while (w.job_);
        // The context has ended, and joins.
    }
    // False when its time is over.
    bool wait_for_job(worker& w, std::unique_lock<std::mutex>& lock) {
        auto const since = std::chrono::steady_clock::now();
        while (!w.job_ && !over_) {
            auto const end = saturated_add(since, idle_time_);
            if (end == (time_point::max)()) {
                w.wake_.wait(lock);
                continue;
            }
            if (end <= std::chrono::steady_clock::now())
                return false;
            w.wake_.wait_until(lock, end);
        }
        return true;
    }
    // Joins who went before, so that at most one is left to be joined.
    void expire(worker& w, std::unique_lock<std::mutex>& lock) noexcept {
        w.unlink();
        forget(w);
        std::thread before = std::exchange(expired_, std::move(w.thread_));
        lock.unlock();
        if (before.joinable())
            before.join();
        delete &w;
    }

    std::mutex mutex_;
    intrusive_list<worker> idle_; // who was busy last is the last one
    intrusive_list<worker_job> running_;
    worker* all_ = nullptr;
    std::thread expired_;
    std::size_t threads_ = 0;
    duration idle_time_ = std::chrono::seconds(10);
    bool over_ = false;
};

class worker_service final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id;

    explicit worker_service(asio::execution_context& context)
        : asio::execution_context::service(context),
          core_(std::make_shared<worker_core>()) {}

    static std::shared_ptr<worker_core> const&
    core_of(asio::execution_context& context) {
        return asio::use_service<worker_service>(context).core_;
    }

    ~worker_service() override { core_->join(); }

private:
    void shutdown() noexcept override { core_->end(); }

    std::shared_ptr<worker_core> core_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
