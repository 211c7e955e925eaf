// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "support/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tether_test {
namespace {

int checked(int result, char const* call) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), call);
    return result;
}

// A file that has no name any more: it takes any amount of output.
int unnamed_file() {
    char name[] = "/tmp/tether-test-XXXXXX";
    int const file = checked(::mkostemp(name, O_CLOEXEC), "mkostemp");
    ::unlink(name);
    return file;
}

std::string contents(int file) {
    std::string all;
    std::array<char, 4096> part;
    ::lseek(file, 0, SEEK_SET); // a terminal has no beginning to go back to
    for (;;) {
        ssize_t const got = ::read(file, part.data(), part.size());
        if (got <= 0) // a terminal that nobody holds open any more fails
            return all;
        all.append(part.data(), static_cast<std::size_t>(got));
    }
}

} // namespace

child_process::child_process(std::string const& program,
                             std::vector<std::string> const& arguments,
                             stderr_is kind)
    : out_(unnamed_file()), terminal_(kind == stderr_is::terminal) {
    int other_end = -1;
    if (terminal_) {
        err_ = checked(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC),
                       "posix_openpt");
        checked(::grantpt(err_), "grantpt");
        checked(::unlockpt(err_), "unlockpt");
        other_end = checked(
            ::open(::ptsname(err_), O_RDWR | O_NOCTTY | O_CLOEXEC), "open");
    } else {
        err_ = other_end = unnamed_file();
    }
    std::vector<char*> argv;
    std::vector<std::string> copies = arguments;
    copies.insert(copies.begin(), program);
    for (std::string& argument : copies)
        argv.push_back(argument.data());
    argv.push_back(nullptr);

    // No fork(): a signal that comes before the exec would run the handler that
    // Catch2 has for it, which allocates, in the middle of fork().
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, out_, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, other_end, STDERR_FILENO);
    int const failed =
        ::posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (terminal_)
        ::close(other_end);
    if (failed != 0) { // there is no object then, and no destructor
        ::close(out_);
        ::close(err_);
        throw std::system_error(failed, std::generic_category(), program);
    }
}

child_process::~child_process() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
}

void child_process::signal(int number) const {
    checked(::kill(pid_, number), "kill");
}

ended child_process::wait() {
    ended result;
    if (terminal_) // the program would block on a terminal that nobody reads
        result.err = contents(err_);
    int status = 0;
    checked(::waitpid(pid_, &status, 0), "waitpid");
    pid_ = -1;
    result.code =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = contents(out_);
    if (!terminal_)
        result.err = contents(err_);
    return result;
}

ended run_program(std::string const& program,
                  std::vector<std::string> const& arguments) {
    return child_process(program, arguments).wait();
}

} // namespace tether_test
