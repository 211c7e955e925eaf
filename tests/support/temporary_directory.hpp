// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Where does a test write files, and does a descriptor of one stay open?
#ifndef TETHER_TESTS_SUPPORT_TEMPORARY_DIRECTORY_HPP
#define TETHER_TESTS_SUPPORT_TEMPORARY_DIRECTORY_HPP

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include <stdlib.h>

namespace tether_test {

/// A directory that goes with all its files when the object does.
class temporary_directory {
public:
    temporary_directory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "tether-test-XXXXXX");
        if (!::mkdtemp(name.data()))
            throw std::system_error(errno, std::system_category(), "mkdtemp");
        path_ = name;
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string operator/(char const* name) const { return path_ / name; }
    std::filesystem::path const& path() const noexcept { return path_; }
    std::size_t files() const {
        using iterator = std::filesystem::directory_iterator;
        return static_cast<std::size_t>(
            std::distance(iterator(path_), iterator()));
    }
    // How many descriptors of this process are open on its files.
    std::size_t open() const {
        std::size_t n = 0;
        for (auto const& entry :
             std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code gone; // the one that this loop reads
            auto const target = std::filesystem::read_symlink(entry, gone);
            n += target.string().starts_with(path_.string() + "/") ? 1U : 0U;
        }
        return n;
    }

private:
    std::filesystem::path path_;
};

inline std::string content_of(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}
inline void put_content(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
}

} // namespace tether_test

#endif
