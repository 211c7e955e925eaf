// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a file replaced at once, whatever happens meanwhile? Under another
/// name, in the order of the calls here.
#ifndef TETHER_THREAD_DETAIL_REPLACE_FILE_HPP
#define TETHER_THREAD_DETAIL_REPLACE_FILE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/detail/file_calls.hpp>
#include <tether/thread/file_flags.hpp>

#include <boost/asio/buffer.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline void check_file(char const* verb, std::string const& path, int error) {
    if (error != 0)
        throw_file_error(verb, path, error);
}

// A new file beside another one, of a name that nobody has. Removed when it
// goes, unless it has taken the place of the other.
class file_in_waiting {
public:
    file_in_waiting(std::string const& path, unsigned permissions)
        : place_(path) {
        using enum file_flags;
        std::string const prefix = path + '.' + std::to_string(::getpid());
        opened_file made;
        for (unsigned n = 0; n == 0 || made.error == EEXIST; ++n) {
            name_ = prefix + '-' + std::to_string(n) + ".tmp";
            made = open_file(name_.c_str(), write | create | exclusive,
                             permissions);
        }
        check_file("open", name_, made.error);
        file_ = std::move(made.file);
    }
    file_in_waiting(file_in_waiting const&) = delete;
    file_in_waiting& operator=(file_in_waiting const&) = delete;
    ~file_in_waiting() {
        if (!name_.empty())
            ::unlink(name_.c_str());
    }

    void permit(mode_t permissions) {
        throw_if_failed("chmod", file_call([&] {
                                     return ::fchmod(file_.get(), permissions);
                                 }).error);
    }
    void fill(asio::const_buffer data) {
        for (std::uint64_t at = 0; data.size() != 0;) {
            file_result const put = write_file_at(file_.get(), at, data);
            throw_if_failed("write", put.error);
            at += put.value;
            data += static_cast<std::size_t>(put.value);
        }
        throw_if_failed("sync", sync_file(file_.get(), false).error);
        throw_if_failed("close", file_.close());
    }
    void take_place() {
        throw_if_failed("rename",
                        std::rename(name_.c_str(), place_.c_str()) ? errno : 0);
        name_.clear();
    }

private:
    void throw_if_failed(char const* verb, int error) const {
        check_file(verb, name_, error);
    }

    std::string const& place_;
    std::string name_;
    file_descriptor file_;
};

// So that the new name survives, too. Not every file system can.
inline void sync_directory_of(std::string const& path) {
    std::size_t const slash = path.rfind('/');
    std::string const directory =
        slash == std::string::npos ? "." : path.substr(0, slash + 1);
    file_descriptor const opened(uninterrupted([&] {
        return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }));
    check_file("open", directory, opened ? 0 : errno);
    int const error = sync_file(opened.get(), false).error;
    check_file("sync", directory, error == EINVAL ? 0 : error);
}

inline void replace_file(std::string const& path, asio::const_buffer data,
                         unsigned permissions) {
    struct ::stat old{};
    bool const exists = ::stat(path.c_str(), &old) == 0;
    file_in_waiting made(path, permissions);
    if (exists)
        made.permit(old.st_mode & 07777U);
    made.fill(data);
    made.take_place();
    sync_directory_of(path);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
