// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task run another program that cannot outlive it? `run_process`.
#ifndef TETHER_THREAD_RUN_PROCESS_HPP
#define TETHER_THREAD_RUN_PROCESS_HPP

#include <tether/core/exception_group.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/process_run.hpp>
#include <tether/thread/exit_status.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/stdio.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// How run_process() ends a child, and what it takes for a failure.
///
/// Parameters: `grace` is not negative.
struct process_options {
    /// How long a child has from SIGTERM to SIGKILL.
    std::chrono::steady_clock::duration grace = std::chrono::seconds(5);
    /// Whether any other end than exit code 0 is process_failed. Not the end of
    /// a child that the body has asked to end, and not that by SIGPIPE of one
    /// whose output the body did not read to its end.
    bool check_status = true;
    /// Whether it is an error that a child did not read all of stdio::text().
    bool check_input = false;
};

/// A process that has ended, and what it said.
struct completed_process {
    /// How it ended.
    exit_status status;
    /// What was captured of its output.
    std::string out;
    /// What was captured of its error output.
    std::string err;
};

namespace detail {

inline void check_process_options(process_options const& o) {
    if (o.grace < duration::zero())
        throw std::invalid_argument("run_process: the grace is negative: " +
                                    std::to_string(o.grace.count()) + " ns");
}

inline void connect_unset(command& what, stdio const& in, stdio const& out,
                          stdio const& err) {
    command_data& data = command_access::data(what);
    auto const choose = [](stdio& stream, stdio const& otherwise) {
        if (stdio_access::kind(stream) == stdio_kind::unset)
            stream = otherwise;
    };
    choose(data.in, in);
    choose(data.out, out);
    choose(data.err, err);
}

inline void refuse_pipes(command const& what) {
    command_data const& data = command_access::data(what);
    for (stdio const* stream : {&data.in, &data.out, &data.err})
        if (stdio_access::kind(*stream) == stdio_kind::pipe)
            throw std::invalid_argument(
                "run_process: nobody uses the pipe to '" + what.to_string() +
                "': give it a body, or capture the stream");
}

// `done` is filled if the child was not ended from here.
template<class T, class F>
task<T> run_with_process(command what, process_options options, F body,
                         completed_process* done) {
    check_process_options(options);
    co_await checkpoint_if_cancelled();
    process_run<> run(what, options.grace);
    std::optional<outcome<T>> result;
    std::exception_ptr error;
    auto work = [&]() -> task<> {
        outcome<T> how = co_await as_outcome(std::invoke(body, run.child()));
        result.emplace(std::move(how));
        if (result->has_value())
            co_await run.finish();
    };
    auto limited = [&]() -> task<> {
        static_cast<void>(co_await with_cancel_scope(run.scope(), work));
    };
    auto inside = [&](task_group& group) -> task<> {
        auto end = [&]() -> task<> { return run.end(group); };
        try {
            run.start(group);
            co_await async_try(limited).finally(end).grace({(duration::max)()});
        } catch (...) {
            error = std::current_exception();
        }
    };
    std::exception_ptr streams; // what feeds and reads them
    try {
        co_await with_task_group(inside);
    } catch (...) {
        streams = std::current_exception();
    }

    std::vector<std::exception_ptr> all;
    if (result && result->has_error())
        all.push_back(result->error());
    for (auto const& other : {error, run.failure(), streams})
        if (other)
            all.push_back(other);
    if (all.size() == 1)
        std::rethrow_exception(all.front());
    if (!all.empty())
        throw exception_group("run_process", std::move(all));
    run.throw_failure(options.check_status, options.check_input);
    if (done) {
        done->status = *run.child().status();
        done->out = run.take_out();
        done->err = run.take_err();
    }
    co_return std::move(*result).value();
}

template<class = void>
task<completed_process> run_to_end(command what, process_options options) {
    completed_process done;
    auto nothing = [](process&) -> task<> { co_return; };
    co_await run_with_process<void, decltype(nothing)&>(
        std::move(what), options, nothing, &done);
    co_return done;
}

} // namespace detail

/// Runs a program to its end.
///
/// Parameters: streams of `what` that are not set lead to nothing (the input)
/// and into the result (both outputs).
/// Result: how it ended and what it said.
/// Errors: system_error, which names the command, when it cannot be started;
/// process_failed unless it exits with 0, see process_options::check_status;
/// limit_exceeded when it says more than is captured, after it was ended;
/// std::invalid_argument for a pipe that nobody uses.
/// Completes when: it has ended, and all that have its output open have closed
/// it. Not a checkpoint if it cannot be started. Starting it takes about a
/// millisecond of the loop.
/// On cancellation: SIGTERM, SIGKILL when it has not ended after the grace;
/// then the stop passes on. In a cancelled scope it is not started.
/// Never lost: the child is reaped on every way out. When the context is
/// destroyed meanwhile it is killed at once.
/// Threads: the loop of the task. No signal handler is installed.
/// Example:
/// ```
/// auto const date = co_await run_process(command("date", "-u"));
/// std::puts(date.out.c_str());
/// ```
/// Source: Trio's run_process.
template<class = void>
[[nodiscard("co_await it")]] task<completed_process>
run_process(command what, process_options options = {}) {
    detail::refuse_pipes(what);
    detail::connect_unset(what, stdio::null(), stdio::capture(),
                          stdio::capture());
    return detail::run_to_end(std::move(what), options);
}

/// Runs a program and `body(process&)`, which talks to it.
///
/// When the body has ended by itself, the pipes to it are closed and the end of
/// the program is awaited; process::terminate() does not wait for it. When the
/// body fails or is stopped, the program is ended: SIGTERM, and SIGKILL when it
/// has not ended after the grace.
/// Parameters: streams of `what` that are not set are pipes to the body (input
/// and output), and that of this program (the error output). `body` is a
/// coroutine function; an lvalue is used in place and must outlive the await.
/// Result: what the body returned.
/// Errors: of the body; those of the form above.
/// Completes when: both have ended.
/// On cancellation: the body is stopped, the program ended, then the stop
/// passes on.
/// Never lost: as above.
/// Example:
/// ```
/// co_await run_process(command("tail", "-f", path), [&](process& tail) {
///     return consume(read_lines(tail.out()), show);
/// });
/// ```
template<class F>
    requires std::is_invocable_v<std::remove_reference_t<F>&, process&>
[[nodiscard("co_await it")]] auto
run_process(command what, process_options options, F&& body) {
    TETHER_CHECK_BODY(F);
    using task_type =
        std::invoke_result_t<std::remove_reference_t<F>&, process&>;
    static_assert(detail::is_task<task_type>,
                  "the body of run_process must be a coroutine: let it return "
                  "tether::task<T>");
    detail::connect_unset(what, stdio::pipe(), stdio::pipe(), stdio::inherit());
    return detail::run_with_process<detail::task_value_t<task_type>, F>(
        std::move(what), options, std::forward<F>(body), nullptr);
}
/// \overload
template<class F>
    requires std::is_invocable_v<std::remove_reference_t<F>&, process&>
[[nodiscard("co_await it")]] auto run_process(command what, F&& body) {
    return run_process(std::move(what), process_options{},
                       std::forward<F>(body));
}

TETHER_END_NAMESPACE

#endif
