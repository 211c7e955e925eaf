// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors do child processes and their pools throw? A process that
/// failed, a worker that crashed, and what is longer than its limit.
#ifndef TETHER_THREAD_PROCESS_ERRORS_HPP
#define TETHER_THREAD_PROCESS_ERRORS_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/exit_status.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct process_report {
    std::string command;
    exit_status status;
    std::string error_output;
};

// The end of what a program wrote to its error output, as a part of a sentence.
inline void append_tail(std::string& out, std::string_view text) {
    static constexpr std::size_t most = 1024;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.remove_suffix(1);
    if (text.empty())
        return;
    out += ": ";
    if (text.size() > most) {
        text.remove_prefix(text.size() - most);
        out += "...";
    }
    out += text;
}

} // namespace detail

/// A process ended in another way than with exit code 0.
///
/// Parameters: the command as a shell would take it, the status, and what was
/// captured of its error output.
/// Threads: immutable, copies share their state and do not throw.
/// Example:
/// ```
/// try { co_await run_process(command("sort", "-x")); }
/// catch (process_failed const& e) { log(e.what()); }
/// // 'sort -x' failed, exit code 2: sort: invalid option -- 'x'
/// ```
class process_failed : public std::runtime_error {
public:
    /// Says which command ended how, with the end of its error output.
    process_failed(std::string command, exit_status status,
                   std::string error_output = {})
        : std::runtime_error(sentence(command, status, error_output)),
          data_(std::make_shared<detail::process_report const>(
              detail::process_report{std::move(command), status,
                                     std::move(error_output)})) {}

    /// The command line.
    [[nodiscard]] std::string const& command() const noexcept {
        return data_->command;
    }
    /// How it ended.
    [[nodiscard]] exit_status status() const noexcept { return data_->status; }
    /// What was captured of its error output; the sentence has the end of it.
    [[nodiscard]] std::string const& error_output() const noexcept {
        return data_->error_output;
    }

private:
    static std::string sentence(std::string_view command, exit_status status,
                                std::string_view error_output) {
        std::string out;
        detail::append_quoted(out, command);
        out += " failed, " + status.to_string();
        detail::append_tail(out, error_output);
        return out;
    }

    std::shared_ptr<detail::process_report const> data_;
};

/// A worker of a process_pool ended, or broke the protocol, before it had
/// answered.
///
/// Parameters: the command, how the worker ended, what it did, and what was
/// captured of its error output.
/// Threads: immutable, copies share their state and do not throw.
class worker_crashed : public std::runtime_error {
public:
    /// Says which worker ended how, and what it did before.
    worker_crashed(std::string command, exit_status status,
                   std::string_view what, std::string error_output = {})
        : std::runtime_error(sentence(command, status, what, error_output)),
          data_(std::make_shared<detail::process_report const>(
              detail::process_report{std::move(command), status,
                                     std::move(error_output)})) {}

    /// The command line of the worker.
    [[nodiscard]] std::string const& command() const noexcept {
        return data_->command;
    }
    /// How it ended; by SIGKILL if the pool gave it up.
    [[nodiscard]] exit_status status() const noexcept { return data_->status; }
    /// What was captured of its error output.
    [[nodiscard]] std::string const& error_output() const noexcept {
        return data_->error_output;
    }

private:
    static std::string sentence(std::string_view command, exit_status status,
                                std::string_view what,
                                std::string_view error_output) {
        std::string out = "worker ";
        detail::append_quoted(out, command);
        out += ' ';
        out += what;
        out += ", " + status.to_string();
        detail::append_tail(out, error_output);
        return out;
    }

    std::shared_ptr<detail::process_report const> data_;
};

/// The function of a worker threw; the worker goes on.
///
/// Threads: immutable, copies share their state and do not throw.
class worker_error : public std::runtime_error {
public:
    /// Parameters: the text of the worker's exception.
    explicit worker_error(std::string const& text) : std::runtime_error(text) {}
};

/// Something is longer than the limit that was set for it.
///
/// Threads: immutable, copies share their state and do not throw.
class limit_exceeded : public std::runtime_error {
public:
    /// Parameters: the sentence, and the limit in bytes.
    limit_exceeded(std::string const& sentence, std::size_t limit)
        : std::runtime_error(sentence), limit_(limit) {}

    /// The limit, in bytes.
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

private:
    std::size_t limit_;
};

TETHER_END_NAMESPACE

#endif
