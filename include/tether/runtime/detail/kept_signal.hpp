// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who handled a signal before us? Asio leaves the default action behind; this
/// gives the one before it back.
#ifndef TETHER_RUNTIME_DETAIL_KEPT_SIGNAL_HPP
#define TETHER_RUNTIME_DETAIL_KEPT_SIGNAL_HPP

#include <tether/detail/config.hpp>

#include <csignal>
#include <cstddef>
#include <mutex>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

// "SIGTERM", or "signal 42".
inline std::string signal_name(int number) {
    switch (number) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    case SIGABRT:
        return "SIGABRT";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    case SIGSEGV:
        return "SIGSEGV";
#if !defined(_WIN32)
    case SIGHUP:
        return "SIGHUP";
    case SIGQUIT:
        return "SIGQUIT";
    case SIGUSR1:
        return "SIGUSR1";
    case SIGUSR2:
        return "SIGUSR2";
    case SIGCHLD:
        return "SIGCHLD";
    case SIGKILL:
        return "SIGKILL";
    case SIGPIPE:
        return "SIGPIPE";
    case SIGALRM:
        return "SIGALRM";
    case SIGBUS:
        return "SIGBUS";
    case SIGSYS:
        return "SIGSYS";
    case SIGTRAP:
        return "SIGTRAP";
    case SIGXCPU:
        return "SIGXCPU";
#endif
    default:
        return "signal " + std::to_string(number);
    }
}

#if defined(_WIN32)
using signal_action = void (*)(int);
inline signal_action read_action(int number) noexcept {
    signal_action const now = std::signal(number, SIG_DFL);
    std::signal(number, now);
    return now;
}
inline void set_action(int number, signal_action const& action) noexcept {
    std::signal(number, action);
}
inline bool is_default(signal_action const& action) noexcept {
    return action == SIG_DFL;
}
#else
using signal_action = struct ::sigaction;
inline signal_action read_action(int number) noexcept {
    signal_action now{};
    ::sigaction(number, nullptr, &now);
    return now;
}
inline void set_action(int number, signal_action const& action) noexcept {
    ::sigaction(number, &action, nullptr);
}
inline bool is_default(signal_action const& action) noexcept {
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}
#endif

// Lives around every registration of a signal with Asio. What a signal does
// belongs to the process, and so does the table of what it did before.
class kept_signal {
public:
    explicit kept_signal(int number) : number_(number) {
        if (number_ <= 0 || static_cast<std::size_t>(number_) >= known)
            return; // Asio refuses it
        std::lock_guard<std::mutex> const lock(table().lock);
        place& p = table().places[number_];
        if (p.users++ == 0)
            p.before = read_action(number_);
    }
    kept_signal(kept_signal const&) = delete;
    kept_signal& operator=(kept_signal const&) = delete;
    ~kept_signal() {
        if (number_ <= 0 || static_cast<std::size_t>(number_) >= known)
            return;
        std::lock_guard<std::mutex> const lock(table().lock);
        place& p = table().places[number_];
        // Another user of Asio may still have it.
        if (--p.users == 0 && is_default(read_action(number_)))
            set_action(number_, p.before);
    }

    int number() const noexcept { return number_; }

private:
    static constexpr std::size_t known = 65;
    struct place {
        int users = 0;
        signal_action before{};
    };
    struct all {
        std::mutex lock;
        place places[known];
    };
    static all& table() noexcept {
        static all one;
        return one;
    }

    int number_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
