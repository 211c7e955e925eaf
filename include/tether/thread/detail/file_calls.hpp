// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which system calls does a file need? The only place that knows; each may
/// block, so a thread makes them.
#ifndef TETHER_THREAD_DETAIL_FILE_CALLS_HPP
#define TETHER_THREAD_DETAIL_FILE_CALLS_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/file_flags.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

static_assert(sizeof(off_t) >= 8,
              "files larger than 2 GiB need a 64-bit off_t: compile with "
              "-D_FILE_OFFSET_BITS=64");

// What a call came to: bytes or another number, and its errno.
struct file_result {
    std::uint64_t value = 0;
    int error = 0;
};

[[noreturn]] inline void throw_file_error(char const* verb,
                                          std::string const& path, int error) {
    throw boost::system::system_error(
        boost::system::error_code(error, boost::system::system_category()),
        std::string(verb) + " of " + path);
}

// Again while a signal interrupts it.
template<class F>
auto uninterrupted(F call) noexcept {
    for (;;) {
        auto const result = call();
        if (result >= 0 || errno != EINTR)
            return result;
    }
}
template<class F>
file_result file_call(F call) noexcept {
    auto const result = uninterrupted(call);
    if (result < 0)
        return {0, errno};
    return {static_cast<std::uint64_t>(result), 0};
}

inline int native_flags(file_flags flags) noexcept {
    bool const writes = has_flag(flags, file_flags::write | file_flags::append);
    int native = has_flag(flags, file_flags::read)
                     ? (writes ? O_RDWR : O_RDONLY)
                     : O_WRONLY;
    if (has_flag(flags, file_flags::append))
        native |= O_APPEND;
    if (has_flag(flags, file_flags::create))
        native |= O_CREAT;
    if (has_flag(flags, file_flags::exclusive))
        native |= O_EXCL;
    if (has_flag(flags, file_flags::truncate))
        native |= O_TRUNC;
    return native;
}

// What is open, or why not.
struct opened_file {
    file_descriptor file;
    int error = 0;
};

// A directory is refused here instead of at its first read, and so is what has
// no offsets. O_NONBLOCK keeps the call from waiting for the other end of a
// pipe, which no cancel could end; later it would confuse io_uring.
inline opened_file open_file(char const* path, file_flags flags,
                             unsigned permissions) noexcept {
    int const native = native_flags(flags);
    file_descriptor file(uninterrupted([&] {
        return ::open(path, native | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                      static_cast<mode_t>(permissions));
    }));
    if (!file)
        return {{}, errno};
    struct ::stat about{};
    if (::fstat(file.get(), &about) != 0)
        return {{}, errno};
    if (S_ISDIR(about.st_mode))
        return {{}, EISDIR};
    if (::lseek(file.get(), 0, SEEK_CUR) < 0)
        return {{}, errno};
    if (::fcntl(file.get(), F_SETFL, native & O_APPEND) != 0)
        return {{}, errno};
    return {std::move(file), 0};
}

// Less than what fits only at the end of the file, or before an error.
inline file_result read_file_at(int file, std::uint64_t offset,
                                asio::mutable_buffer to) noexcept {
    file_result all;
    while (to.size() != 0) {
        file_result const one = file_call([&] {
            return ::pread(file, to.data(), to.size(),
                           static_cast<off_t>(offset + all.value));
        });
        all.value += one.value;
        all.error = one.error;
        if (one.value == 0)
            break;
        to += static_cast<std::size_t>(one.value);
    }
    return all;
}

// Perhaps less than all of it, but something or an error.
inline file_result write_file_at(int file, std::uint64_t offset,
                                 asio::const_buffer from) noexcept {
    file_result put = file_call([&] {
        return ::pwrite(file, from.data(), from.size(),
                        static_cast<off_t>(offset));
    });
    if (put.value == 0 && put.error == 0 && from.size() != 0)
        put.error = EIO;
    return put;
}

inline file_result file_size(int file) noexcept {
    struct ::stat about{};
    if (::fstat(file, &about) != 0)
        return {0, errno};
    return {static_cast<std::uint64_t>(about.st_size), 0};
}

inline file_result resize_file(int file, std::uint64_t size) noexcept {
    return file_call(
        [&] { return ::ftruncate(file, static_cast<off_t>(size)); });
}

// Until it is on the disk; `data_only` leaves out what is not needed to read
// it back.
inline file_result sync_file(int file, bool data_only) noexcept {
    return file_call([&] {
#if defined(__APPLE__)
        // There fsync() stops at the cache of the disk.
        static_cast<void>(data_only);
        return ::fcntl(file, F_FULLFSYNC);
#else
        return data_only ? ::fdatasync(file) : ::fsync(file);
#endif
    });
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
