// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a program use several cores without threads that share a loop? With
/// several loops, each on a thread of its own: a loop_pool.
#ifndef TETHER_THREAD_LOOP_POOL_HPP
#define TETHER_THREAD_LOOP_POOL_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// Loops for work that is to run beside the loop of the program.
///
/// A task stays on its loop for life; spawn_on() and run_on() send new ones to
/// the loops of a pool.
/// Invariant: as many io_contexts as loops, each turned by one thread from the
/// constructor to the destructor. Neither copied nor moved.
/// Parameters: the number of loops, which should not be more than the cores.
/// `sink` hears, on the thread of the loop, of errors that nobody else can
/// receive; without one they end the program, like what leaves any thread.
/// Errors: std::invalid_argument for 0 loops; std::system_error when a thread
/// cannot be had. A pool that is destroyed while tasks are alive on it, or on
/// one of its own threads, ends the program with a sentence.
/// Threads: any; made before the tasks that use it and destroyed after them,
/// so outside of the group whose children it runs.
/// Example:
/// ```
/// tether::loop_pool loops(2);
/// tether::run([&]() -> task<> {
///     co_await run_on(loops[0], [&] { return import(orders); });
/// });
/// ```
class loop_pool {
public:
    /// Of each loop.
    using executor_type = asio::io_context::executor_type;
    /// See runner::error_sink.
    using error_sink = std::function<void(std::exception_ptr, char const*)>;

    /// Starts `loops` threads, each with a loop; `sink` hears of errors that
    /// nobody else can receive.
    explicit loop_pool(std::size_t loops, error_sink sink = {}) {
        if (loops == 0)
            throw std::invalid_argument("loop_pool: 0 loops run nothing; give "
                                        "at least 1");
        members_.reserve(loops);
        while (members_.size() != loops)
            members_.push_back(std::make_unique<member>(sink));
    }
    loop_pool(loop_pool const&) = delete;
    loop_pool& operator=(loop_pool const&) = delete;
    ~loop_pool() {
        // A task of one loop may use another one until all have stopped.
        for (auto const& m : members_)
            m->stop();
        for (auto const& m : members_)
            m->join();
        for (auto const& m : members_)
            m->refuse_tasks();
    }

    /// How many loops there are.
    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }

    /// The executor of one loop.
    ///
    /// Errors: std::out_of_range for an index that is not less than size().
    [[nodiscard]] executor_type operator[](std::size_t index) const {
        if (index >= size())
            throw std::out_of_range("loop_pool: there is no loop " +
                                    std::to_string(index) + " among " +
                                    std::to_string(size()));
        return members_[index]->io.get_executor();
    }
    /// The executors one after the other, and then again from the first.
    [[nodiscard]] executor_type next_executor() noexcept {
        std::size_t const n = next_.fetch_add(1, std::memory_order_relaxed);
        return members_[n % size()]->io.get_executor();
    }

private:
    // An io_context with its thread.
    class member {
    public:
        explicit member(error_sink const& sink) {
            if (sink)
                report_to(sink);
            thread_ = std::thread([this] { io.run(); });
        }
        member(member const&) = delete;
        member& operator=(member const&) = delete;
        ~member() {
            stop();
            join();
        }

        void stop() noexcept {
            if (thread_.get_id() == std::this_thread::get_id())
                detail::fatal("a loop_pool was destroyed by a task on one of "
                              "its own loops");
            io.stop();
        }
        void join() {
            if (thread_.joinable())
                thread_.join();
        }
        // Nobody else is in the context any more.
        void refuse_tasks() noexcept {
            for (detail::loop* l : detail::loop_service::busy_loops(io))
                detail::fatal(("a loop_pool was destroyed while tasks were "
                               "alive on it:\n" +
                               detail::format_tree(*l))
                                  .c_str());
        }

        asio::io_context io{1};

    private:
        void report_to(error_sink const& sink) {
            detail::loop& l = detail::loop_service::acquire(io.get_executor());
            l.on_unhandled_error(sink);
            l.release();
        }

        asio::executor_work_guard<executor_type> work_{io.get_executor()};
        std::thread thread_;
    };

    std::vector<std::unique_ptr<member>> members_;
    std::atomic<std::size_t> next_ = 0;
};

TETHER_END_NAMESPACE

#endif
