// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How did a child process end? With an exit code or by a signal.
#ifndef TETHER_THREAD_EXIT_STATUS_HPP
#define TETHER_THREAD_EXIT_STATUS_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/detail/kept_signal.hpp>

#include <string>

TETHER_BEGIN_NAMESPACE

/// How a process ended.
///
/// Invariant: either it exited or it was killed by a signal.
/// Threads: a plain value.
/// Example:
/// ```
/// exit_status const status = co_await child.wait();
/// if (status.signal() == SIGSEGV) report(status.to_string());
/// ```
class exit_status {
public:
    /// Exited with 0.
    constexpr exit_status() noexcept = default;
    /// Exited with `code`.
    [[nodiscard]] static constexpr exit_status of_code(int code) noexcept {
        return exit_status(code, 0, false);
    }
    /// Was killed by the signal `number`.
    [[nodiscard]] static constexpr exit_status
    of_signal(int number, bool core_dumped = false) noexcept {
        return exit_status(128 + number, number, core_dumped);
    }

    /// Whether it exited with 0.
    [[nodiscard]] constexpr bool success() const noexcept { return code_ == 0; }
    /// Whether it exited by itself, with whatever code.
    [[nodiscard]] constexpr bool exited() const noexcept {
        return signal_ == 0;
    }
    /// The exit code; 128 + the signal if it was killed, as a shell says.
    [[nodiscard]] constexpr int code() const noexcept { return code_; }
    /// The signal that killed it; 0 if it exited.
    [[nodiscard]] constexpr int signal() const noexcept { return signal_; }
    /// Whether the system wrote an image of its memory.
    [[nodiscard]] constexpr bool core_dumped() const noexcept { return core_; }

    /// Result: "exit code 3", or "killed by SIGSEGV (core dumped)".
    [[nodiscard]] std::string to_string() const {
        if (exited())
            return "exit code " + std::to_string(code_);
        std::string out = "killed by " + detail::signal_name(signal_);
        if (core_)
            out += " (core dumped)";
        return out;
    }

    friend constexpr bool operator==(exit_status const&,
                                     exit_status const&) noexcept = default;

private:
    constexpr exit_status(int code, int number, bool core) noexcept
        : code_(code), signal_(number), core_(core) {}

    int code_ = 0;
    int signal_ = 0;
    bool core_ = false;
};

TETHER_END_NAMESPACE

#endif
