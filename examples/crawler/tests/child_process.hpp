// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test run the built program as a user does?
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_CHILD_PROCESS_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_CHILD_PROCESS_HPP

#include <string>
#include <vector>

#include <sys/types.h>

namespace crawler_test {

/// How the program ended and what it said.
struct ended {
    int code = -1; ///< 128 + signal if it was killed
    std::string out;
    std::string err;
};

/// The crawler, running.
///
/// Invariant: the process is gone when the object is.
class child_process {
public:
    enum class stderr_is { file, terminal };

    explicit child_process(std::vector<std::string> const& arguments,
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
[[nodiscard]] ended run_crawler(std::vector<std::string> const& arguments);

} // namespace crawler_test

#endif
