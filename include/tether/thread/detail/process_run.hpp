// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What goes on around the body of run_process()? Tasks that feed the child and
/// collect what it says, and the end of the child on every way out.
#ifndef TETHER_THREAD_DETAIL_PROCESS_RUN_HPP
#define TETHER_THREAD_DETAIL_PROCESS_RUN_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/output_buffer.hpp>
#include <tether/thread/detail/read_part.hpp>
#include <tether/thread/process.hpp>
#include <tether/thread/process_errors.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A template, and so all that it calls, or each unit would compile it.
template<class Process = process>
class process_run {
public:
    process_run(command const& what, duration grace)
        : child_(what, this_task::executor()), grace_(grace) {}

    Process& child() noexcept { return child_; }
    // Cancelled when the child breaks a limit.
    cancel_scope& scope() noexcept { return scope_; }
    // What broke it, if anything.
    std::exception_ptr const& failure() const noexcept { return failure_; }

    // They serve the body and the end of the child, and go last.
    void start(task_group& group) {
        if (stdio_access::kind(child_.what_.in) == stdio_kind::text)
            group.spawn(named("input"), as_service, &process_run::feed, this);
        collect(group, "output", child_.out_, child_.kept_out_);
        collect(group, "error output", child_.err_, child_.kept_err_);
    }

    // The body has what it wanted.
    task<> finish() {
        if (is_pipe(child_.what_.in))
            child_.close_in();
        output_cut_ = !child_.child_.has_ended();
        close(child_.what_.out, child_.out_);
        close(child_.what_.err, child_.err_);
        static_cast<void>(co_await child_.wait());
        if (readers_ != 0)
            co_await all_read_.wait();
    }

    // The body was stopped or has failed, unless the child has ended. It may
    // have much to say before it ends, which must not hold it up.
    task<> end(task_group& group) {
        if (child_.child_.has_ended())
            co_return;
        drop(group, child_.what_.out, child_.out_);
        drop(group, child_.what_.err, child_.err_);
        if (is_pipe(child_.what_.in))
            child_.close_in();
        static_cast<void>(co_await child_.end(grace_));
    }

    // After finish().
    void throw_failure(bool status, bool input) {
        exit_status const how = *child_.status();
        bool const excused =
            child_.asked_to_end_ || (output_cut_ && how.signal() == SIGPIPE);
        if (status && !how.success() && !excused)
            throw process_failed(child_.line_, how, child_.kept_err_.take());
        if (input && input_cut_)
            throw boost::system::system_error(
                asio::error::broken_pipe,
                "'" + child_.line_ + "' did not read all of its input of " +
                    std::to_string(stdio_access::text(child_.what_.in).size()) +
                    " bytes");
    }
    std::string take_out() { return child_.kept_out_.take(); }
    std::string take_err() { return child_.kept_err_.take(); }

private:
    static constexpr std::size_t block = 65536;

    static bool is_pipe(stdio const& stream) noexcept {
        return stdio_access::kind(stream) == stdio_kind::pipe;
    }
    // The child gets an error if it says more, as in `child | head`.
    static void close(stdio const& stream, asio::readable_pipe& pipe) {
        boost::system::error_code ignored;
        if (is_pipe(stream))
            pipe.close(ignored);
    }

    task<> feed() {
        struct closing {
            Process& child;
            ~closing() { child.close_in(); }
        } const until_left{child_};
        input_cut_ = true;
        bool const read = co_await write_to_child(
            child_.in_, stdio_access::text(child_.what_.in));
        input_cut_ = !read;
    }

    void collect(task_group& group, char const* name, asio::readable_pipe& from,
                 output_buffer& to) {
        if (!to.collects())
            return;
        ++readers_;
        group.spawn(named(name), as_service, &process_run::read, this, name,
                    std::ref(from), std::ref(to));
    }
    task<> read(char const* name, asio::readable_pipe& from,
                output_buffer& to) {
        reading const until_left{*this};
        std::vector<char> part(block);
        for (;;) {
            std::size_t const got = co_await read_part(
                from, asio::buffer(part.data(), part.size()));
            if (got == 0)
                break;
            // It goes on reading, so that the child can end.
            if (!failure_ && !to.add({part.data(), got}))
                too_much(name, to.limit());
        }
    }
    struct reading {
        process_run& run;
        ~reading() {
            if (--run.readers_ == 0 && running_task())
                run.all_read_.set();
        }
    };
    void too_much(char const* name, std::size_t limit) {
        failure_ = std::make_exception_ptr(
            limit_exceeded("the " + std::string(name) + " of '" + child_.line_ +
                               "' is longer than the limit of its capture, " +
                               std::to_string(limit) + " bytes",
                           limit));
        scope_.cancel("the child says more than is captured");
    }

    template<class Pipe>
    void drop(task_group& group, stdio const& stream, Pipe& from) {
        if (is_pipe(stream) && from.is_open())
            group.spawn(as_service, &process_run::read_away<Pipe>,
                        std::ref(from));
    }
    template<class Pipe>
    static task<> read_away(Pipe& from) {
        std::vector<char> part(block);
        std::size_t got = 1;
        while (got != 0)
            got = co_await read_part(from,
                                     asio::buffer(part.data(), part.size()));
    }

    Process child_;
    duration grace_;
    cancel_scope scope_;
    std::exception_ptr failure_;
    event all_read_;
    int readers_ = 0;
    bool output_cut_ = false;
    bool input_cut_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
