// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does a test let the crawler write?
#ifndef TETHER_EXAMPLES_CRAWLER_TESTS_TEMPORARY_FILE_HPP
#define TETHER_EXAMPLES_CRAWLER_TESTS_TEMPORARY_FILE_HPP

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace crawler_test {

/// A file that is removed with the object.
class temporary_file {
public:
    explicit temporary_file(std::string const& text = {}) {
        int const file = ::mkstemp(path_.data());
        if (file < 0)
            throw std::runtime_error("mkstemp failed");
        ::close(file);
        std::ofstream(path_) << text;
    }
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file() { ::unlink(path_.c_str()); }

    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] std::string text() const {
        std::ifstream in(path_);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    std::string path_ = "/tmp/crawler-test-XXXXXX";
};

} // namespace crawler_test

#endif
