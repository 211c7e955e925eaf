// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What can be done with a child process while it runs? Write and read its
/// streams, wait for its end, send it signals.
#ifndef TETHER_THREAD_PROCESS_HPP
#define TETHER_THREAD_PROCESS_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/child_handle.hpp>
#include <tether/thread/detail/child_streams.hpp>
#include <tether/thread/detail/launch.hpp>
#include <tether/thread/detail/output_buffer.hpp>
#include <tether/thread/exit_status.hpp>
#include <tether/thread/process_input.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class>
class process_run;

// False if nobody reads any more.
template<class Input>
task<bool> write_to_child(Input& input, std::string_view text) {
    try {
        co_await asio::async_write(
            input, asio::buffer(text.data(), text.size()), use_task);
    } catch (boost::system::system_error const& e) {
        if (e.code() != asio::error::broken_pipe)
            throw;
        co_return false;
    }
    co_return true;
}

template<class Process>
task<exit_status> end_process(Process& child, duration grace) {
    if (!child.status()) {
        child.terminate();
        auto const ended = co_await move_on_after(grace, child.wait());
        if (!ended)
            child.kill();
    }
    co_return co_await child.wait();
}

} // namespace detail

/// A child process that runs inside of the body of run_process().
///
/// Invariant: the child is gone, and reaped, before the object is. Reaping does
/// not touch SIGCHLD or other children of the program.
/// Errors: std::logic_error for a stream that is no pipe to here.
/// Threads: the loop of the task that started it.
/// Example:
/// ```
/// co_await run_process(command("bc"), [](process& bc) -> task<> {
///     co_await bc.write("6 * 7\n");
///     co_await consume(read_lines(bc.out()), [](auto& all) -> task<> {
///         auto const line = co_await next(all); // "42"
///     });
/// });
/// ```
class process {
public:
    process(process const&) = delete;
    process& operator=(process const&) = delete;

    /// Its number in the system.
    [[nodiscard]] ::pid_t pid() const noexcept { return child_.pid(); }
    /// Its command line, for messages.
    [[nodiscard]] std::string const& command_line() const noexcept {
        return line_;
    }

    /// Its standard input, if that is stdio::pipe().
    [[nodiscard]] process_input& in() {
        require_pipe(what_.in, "in");
        return in_;
    }
    /// Its standard output, if that is stdio::pipe().
    [[nodiscard]] asio::readable_pipe& out() {
        require_pipe(what_.out, "out");
        return out_;
    }
    /// Its error output, if that is stdio::pipe().
    [[nodiscard]] asio::readable_pipe& err() {
        require_pipe(what_.err, "err");
        return err_;
    }

    /// Writes all of `text` to its input.
    ///
    /// Parameters: `text` must outlive the await.
    /// Result: false if the child reads no more: it has closed its input, or
    /// ended.
    /// Errors: system_error, after close_in() too.
    /// Completes when: the pipe has taken it. A checkpoint.
    /// On cancellation: a part may have been written.
    template<class = void>
    [[nodiscard("co_await it: false if nobody reads")]] task<bool>
    write(std::string_view text) {
        require_pipe(what_.in, "in");
        return detail::write_to_child(in_, text);
    }
    /// The child reads the end of its input. Idempotent.
    void close_in() noexcept { in_.close(); }

    /// Waits until it has ended.
    ///
    /// Errors: system_error when somebody else in this program has reaped it.
    /// Completes when: it has ended. A checkpoint unless it has ended before.
    /// On cancellation: gives up waiting; run_process() then ends the child.
    template<class = void>
    [[nodiscard("co_await it")]] task<exit_status> wait() {
        while (!child_.has_ended())
            co_await child_.change();
        if (!child_.status())
            detail::throw_system(ECHILD, "the status of '" + line_ +
                                             "' is lost: another part of this "
                                             "program waits for all children");
        co_return *child_.status();
    }
    /// Result: how it ended; empty while it runs.
    [[nodiscard]] std::optional<exit_status> status() noexcept {
        static_cast<void>(child_.has_ended());
        return child_.status();
    }

    /// Sends a signal, with own_group() to all of its group.
    ///
    /// Result: false if it has ended, or if there is no such signal.
    bool signal(int number) noexcept { return child_.signal(number); }
    /// Asks it to end, with SIGTERM. How it ends is no error then.
    void terminate() noexcept {
        asked_to_end_ = true;
        signal(SIGTERM);
    }
    /// Ends it, with SIGKILL. No error, either.
    void kill() noexcept {
        asked_to_end_ = true;
        signal(SIGKILL);
    }
    /// Asks it to end, and ends it when it has not done so after `grace`.
    ///
    /// Result: how it ended.
    /// Errors: those of wait().
    /// Completes when: it has ended. A checkpoint unless it has ended before.
    /// On cancellation: gives up waiting; run_process() then ends the child.
    template<class = void>
    [[nodiscard("co_await it")]] task<exit_status>
    end(std::chrono::steady_clock::duration grace) {
        return detail::end_process(*this, grace);
    }

private:
    template<class>
    friend class detail::process_run;

    // `what` outlives it.
    process(command const& what, asio::any_io_executor const& executor)
        : what_(detail::command_access::data(what)),
          line_(what.to_string()),
          child_(executor),
          in_(executor),
          out_(executor),
          err_(executor),
          kept_out_(what_.out),
          kept_err_(what_.err) {
        detail::child_streams streams(what_, line_);
        child_.started(detail::launch(what_, line_, streams.theirs()),
                       what_.own_group);
        if (auto end = streams.take_ours(0); end.get() >= 0)
            in_.assign(std::move(end));
        adopt(out_, streams.take_ours(1));
        adopt(err_, streams.take_ours(2));
    }

    static void adopt(asio::readable_pipe& pipe, detail::file_descriptor end) {
        if (end.get() < 0)
            return;
        pipe.assign(end.get());
        end.release();
    }
    void require_pipe(stdio const& stream, char const* name) const {
        if (detail::stdio_access::kind(stream) != detail::stdio_kind::pipe)
            throw invalid_state("process::" + std::string(name) + "(): for '" +
                                line_ +
                                "' that is no pipe: start it with "
                                "command::" +
                                name + "(stdio::pipe())");
    }

    detail::command_data const& what_;
    std::string line_;
    detail::child_handle child_;
    process_input in_;
    asio::readable_pipe out_;
    asio::readable_pipe err_;
    detail::output_buffer kept_out_;
    detail::output_buffer kept_err_;
    bool asked_to_end_ = false;
};

TETHER_END_NAMESPACE

#endif
