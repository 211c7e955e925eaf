// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a program become a process? By posix_spawn, which copies no memory,
/// tells the parent when the program cannot be run, and leaves no zombie then.
#ifndef TETHER_THREAD_DETAIL_LAUNCH_HPP
#define TETHER_THREAD_DETAIL_LAUNCH_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/kept_signal.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/file_descriptor.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__APPLE__)
extern "C" char** environ;
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// "NAME=value" of the child's environment.
inline std::vector<std::string> environment_of(command_data const& c) {
    std::vector<std::string> all;
    if (!c.empty_environment && environ)
        for (char** at = environ; *at; ++at)
            all.emplace_back(*at);
    for (environment_change const& change : c.environment) {
        std::string const prefix = change.name + '=';
        std::erase_if(all, [&](std::string const& one) {
            return one.starts_with(prefix);
        });
        if (change.value)
            all.push_back(prefix + *change.value);
    }
    return all;
}

inline std::vector<char*> as_array(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// What the child does before it becomes the program.
class spawn_steps {
public:
    spawn_steps() {
        require(::posix_spawn_file_actions_init(&files_));
        if (int const failed = ::posix_spawnattr_init(&attributes_)) {
            ::posix_spawn_file_actions_destroy(&files_);
            require(failed);
        }
    }
    spawn_steps(spawn_steps const&) = delete;
    spawn_steps& operator=(spawn_steps const&) = delete;
    ~spawn_steps() {
        ::posix_spawn_file_actions_destroy(&files_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    // -1: the stream stays as it is.
    void streams(std::array<int, 3> const& from) {
        for (int number = 0; number != 3; ++number)
            if (int const given = from[static_cast<std::size_t>(number)];
                given >= 0)
                require(
                    ::posix_spawn_file_actions_adddup2(&files_, given, number));
        // Whatever else this program has open, also without O_CLOEXEC.
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
        require(::posix_spawn_file_actions_addclosefrom_np(&files_, 3));
#endif
    }
    void directory(std::string const& path) {
        require(::posix_spawn_file_actions_addchdir_np(&files_, path.c_str()));
    }
    // A program that blocks or ignores signals does not hand that down where
    // it would hide a SIGTERM, or make writing to a closed pipe an error.
    void signals_and_group(bool own_group) {
        ::sigset_t none;
        ::sigset_t defaults;
        ::sigemptyset(&none);
        ::sigemptyset(&defaults);
        ::sigaddset(&defaults, SIGPIPE);
        ::sigaddset(&defaults, SIGTERM);
        require(::posix_spawnattr_setsigmask(&attributes_, &none));
        require(::posix_spawnattr_setsigdefault(&attributes_, &defaults));
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        if (own_group) {
            require(::posix_spawnattr_setpgroup(&attributes_, 0));
            flags |= POSIX_SPAWN_SETPGROUP;
        }
        require(::posix_spawnattr_setflags(&attributes_,
                                           static_cast<short>(flags)));
    }

    ::posix_spawn_file_actions_t const* files() const noexcept {
        return &files_;
    }
    ::posix_spawnattr_t const* attributes() const noexcept {
        return &attributes_;
    }

private:
    static void require(int failed) {
        if (failed)
            throw std::bad_alloc(); // the only reason
    }

    ::posix_spawn_file_actions_t files_;
    ::posix_spawnattr_t attributes_;
};

// Children of a program that ignores SIGCHLD leave no status behind.
inline void refuse_ignored_children(std::string const& line) {
    signal_action const now = read_action(SIGCHLD);
    bool const ignored =
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
    if (ignored || (now.sa_flags & SA_NOCLDWAIT) != 0)
        throw invalid_state("cannot start '" + line +
                            "': this program ignores SIGCHLD, so that the "
                            "system keeps no status of its children: set it "
                            "to SIG_DFL");
}

[[noreturn]] inline void throw_start_error(int error, command_data const& c,
                                           std::string const& line) {
    std::string what = "cannot start '" + line + '\'';
    if (!c.directory.empty()) {
        bool const there = ::access(c.directory.c_str(), X_OK) == 0;
        what += there ? " in '" : ", its directory is '";
        what += c.directory + '\'';
    }
    throw_system(error, what);
}

// Result: the process, which runs.
inline ::pid_t launch(command_data const& c, std::string const& line,
                      std::array<int, 3> const& streams) {
    refuse_ignored_children(line);
    std::vector<std::string> arguments = c.arguments;
    arguments.insert(arguments.begin(), c.program);
    std::vector<std::string> environment = environment_of(c);
    std::vector<char*> const argv = as_array(arguments);
    std::vector<char*> const envp = as_array(environment);
    spawn_steps steps;
    if (!c.directory.empty())
        steps.directory(c.directory);
    steps.streams(streams);
    steps.signals_and_group(c.own_group);
    bool const is_path = c.program.find('/') != std::string::npos;
    ::pid_t pid = -1;
    int const error = (is_path ? ::posix_spawn : ::posix_spawnp)(
        &pid, c.program.c_str(), steps.files(), steps.attributes(), argv.data(),
        envp.data());
    if (error)
        throw_start_error(error, c, line);
    return pid;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
