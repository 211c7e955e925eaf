// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who closes a descriptor when starting a child fails half-way? An owner. No
/// descriptor here is inherited by a child that another thread starts.
#ifndef TETHER_THREAD_DETAIL_FILE_DESCRIPTOR_HPP
#define TETHER_THREAD_DETAIL_FILE_DESCRIPTOR_HPP

#include <tether/detail/config.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_category.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

inline boost::system::error_code system_code(int number) noexcept {
    return {number, boost::system::system_category()};
}
[[noreturn]] inline void throw_system(int number, std::string const& what) {
    throw boost::system::system_error(system_code(number), what);
}

// Closes what nobody has closed, so that a descriptor that was opened for a
// task which has gone is not left open.
class file_descriptor {
public:
    file_descriptor() noexcept = default;
    explicit file_descriptor(int number) noexcept : number_(number) {}
    file_descriptor(file_descriptor&& other) noexcept
        : number_(other.release()) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = other.release();
        }
        return *this;
    }
    ~file_descriptor() { reset(); }

    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }
    void reset() noexcept { static_cast<void>(close()); }

    // Its errno; the descriptor has gone even then, and EINTR is no failure: a
    // second attempt could hit one that another thread has just opened.
    int close() noexcept {
        if (number_ < 0 || ::close(release()) == 0 || errno == EINTR)
            return 0;
        return errno;
    }

private:
    int number_ = -1;
};

// A program that has closed its standard streams gets new descriptors below 3,
// which the child would overwrite while it arranges its own.
inline file_descriptor above_stdio(file_descriptor made,
                                   std::string const& what) {
    if (made.get() > STDERR_FILENO)
        return made;
    file_descriptor moved(::fcntl(made.get(), F_DUPFD_CLOEXEC, 3));
    if (moved.get() < 0)
        throw_system(errno, what);
    return moved;
}

struct pipe_ends {
    file_descriptor read;
    file_descriptor write;
};

inline pipe_ends make_pipe(std::string const& what) {
    int ends[2];
#if defined(__APPLE__)
    int const made = ::pipe(ends);
#else
    int const made = ::pipe2(ends, O_CLOEXEC);
#endif
    if (made != 0)
        throw_system(errno, what);
    pipe_ends both{file_descriptor(ends[0]), file_descriptor(ends[1])};
#if defined(__APPLE__)
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    ::fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    both.read = above_stdio(std::move(both.read), what);
    both.write = above_stdio(std::move(both.write), what);
    return both;
}

inline file_descriptor open_file(std::string const& path, int flags,
                                 std::string const& what) {
    file_descriptor made(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (made.get() < 0)
        throw_system(errno, what);
    return above_stdio(std::move(made), what);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
