// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is work isolated that may crash, or that must be killed to be stopped?
/// By a pool of worker processes, which are called like functions.
#ifndef TETHER_THREAD_PROCESS_POOL_HPP
#define TETHER_THREAD_PROCESS_POOL_HPP

#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/pool_of_workers.hpp>
#include <tether/thread/process_pool_options.hpp>

#include <source_location>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// Worker processes that answer calls, one call at a time each.
///
/// A resource: it answers inside of `with(pool, body)`, which starts the
/// workers and ends them. A worker is any program that reads frames from its
/// standard input and writes one answer for each to its standard output, see
/// serve_frames(). A frame is four bytes with the length of what follows, the
/// highest byte first; the highest bit marks an answer as an error.
/// Invariant: at most `workers` processes at a time. A worker that crashed, or
/// whose call was stopped, never gets another call.
/// Parameters: the command is copied; its error output is that of this program
/// unless it says something else: with stdio::tail() it is part of errors.
/// Errors: std::invalid_argument for options without sense and for streams that
/// are taken; of `with`: those of the body, and system_error when a worker
/// cannot be started.
/// Never lost: the place of a worker. Callers are served in the order of
/// arrival.
/// Threads: the loop of the task that opened it.
/// Example:
/// ```
/// process_pool pool(command("./thumbnailer"), {.workers = 4});
/// co_await with(pool, [&](process_pool&) -> task<> {
///     std::string const small = co_await pool.call(image);
/// });
/// ```
/// Source: anyio's to_process.
class process_pool {
public:
    /// Errors: see the class.
    explicit process_pool(command what, process_pool_options options = {})
        : core_(std::move(what), options) {}
    process_pool(process_pool const&) = delete;
    process_pool& operator=(process_pool const&) = delete;

    /// Has a worker answer `request`.
    ///
    /// Result: the bytes of the answer.
    /// Errors: worker_crashed when the worker ended before it had answered, or
    /// sent something that is no answer: it is killed then, and replaced in
    /// either case; worker_error with the text of what its function threw;
    /// limit_exceeded for a request longer than max_frame; system_error when no
    /// worker can be started; closed_resource when the pool is being closed;
    /// std::logic_error outside of `with(pool, body)`.
    /// Completes when: it has answered. Always a checkpoint.
    /// On cancellation: gives up waiting for a worker. A worker that has the
    /// request is killed, because its state is unknown, and replaced.
    template<class = void>
    [[nodiscard("co_await it")]] task<std::string>
    call(std::string request,
         std::source_location here = std::source_location::current()) {
        return core_.call(std::move(request), here);
    }

    /// Refuses new calls from now on; those that wait for a worker get
    /// closed_resource. The end of `with(pool, body)` does the rest.
    /// Idempotent.
    void close() { core_.close(); }

    /// Result: counts for logs and dumps.
    [[nodiscard]] process_pool_statistics statistics() const noexcept {
        return core_.statistics();
    }

    /// For `with`: runs the work while the workers do.
    /// Completes when: all workers have ended: their input is closed, and those
    /// that go on get SIGTERM after a grace, and SIGKILL after another one.
    /// On cancellation: the work is stopped; the pool closes behind a shield.
    template<class T, class F>
    [[nodiscard("co_await it")]] task<T> surround(F& work) {
        return core_.template surround<T>(work);
    }

private:
    detail::pool_of_workers<> core_;
};

TETHER_END_NAMESPACE

#endif
