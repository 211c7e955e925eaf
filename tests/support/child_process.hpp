// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test run a built program as a user does? Its arguments, signals,
/// output and exit code.
#ifndef TETHER_TESTS_SUPPORT_CHILD_PROCESS_HPP
#define TETHER_TESTS_SUPPORT_CHILD_PROCESS_HPP

#include <string>
#include <vector>

#include <sys/types.h>

namespace tether_test {

/// How a program ended and what it said.
struct ended {
    int code = -1; ///< 128 + signal if it was killed
    std::string out;
    std::string err;
};

/// A program, running.
///
/// Invariant: the process is gone when the object is.
class child_process {
public:
    enum class stderr_is { file, terminal };

    /// Throws std::system_error, which names the program, if it cannot be run.
    child_process(std::string const& program,
                  std::vector<std::string> const& arguments,
                  stderr_is kind = stderr_is::file);
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;
    ~child_process();

    void signal(int number) const;
    [[nodiscard]] ended wait();

private:
    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
    bool terminal_;
};

/// Runs it to the end.
[[nodiscard]] ended run_program(std::string const& program,
                                std::vector<std::string> const& arguments);

} // namespace tether_test

#endif
