// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a program say before a misuse ends it? Its last words, read from a
/// child process.
#ifndef TETHER_TESTS_SUPPORT_DEATH_HPP
#define TETHER_TESTS_SUPPORT_DEATH_HPP

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tether_test {

// Runs fn in a child process; what that wrote to stderr if it aborted, "alive"
// if it did not.
template<class F>
std::string last_words(F fn) {
    int ends[2];
    if (::pipe(ends) != 0)
        return "no pipe";
    std::fflush(nullptr);
    pid_t const child = ::fork();
    if (child == 0) {
        rlimit const none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        std::signal(SIGABRT, SIG_DFL);
        ::dup2(ends[1], 2);
        try {
            fn();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    bool const aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    return aborted ? text : "alive";
}

} // namespace tether_test

#endif
