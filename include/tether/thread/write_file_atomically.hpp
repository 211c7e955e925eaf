// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a checkpoint written so that a crash leaves the old one or the new
/// one? write_file_atomically.
#ifndef TETHER_THREAD_WRITE_FILE_ATOMICALLY_HPP
#define TETHER_THREAD_WRITE_FILE_ATOMICALLY_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/detail/replace_file.hpp>
#include <tether/thread/to_thread.hpp>

#include <boost/asio/buffer.hpp>

#include <string>

TETHER_BEGIN_NAMESPACE

/// Replaces what a file holds, or makes it.
///
/// The data goes to a file of its own beside it, `<path>.<number>.tmp`, then to
/// the disk, and takes the name last; then the name goes to the disk. A crash
/// of the process or of the machine, at any point, leaves the old content or
/// the new one, at worst with such a file beside it.
/// Parameters: `data` lives until the end of the await. A file that exists
/// keeps its permissions, `permissions` are for a new one. A symbolic link is
/// replaced, not followed.
/// Errors: boost::system::system_error with the path; then the old content is
/// still there, unless only the last step failed.
/// Completes when: the new content is on the disk. Always a checkpoint.
/// On cancellation: nothing is begun, or all is done and the stop comes at the
/// next checkpoint.
/// Threads: any task; a thread does it. Of two at once one is the last.
/// Example:
/// ```
/// co_await write_file_atomically("state.json", asio::buffer(text));
/// ```
template<class = void>
[[nodiscard("co_await it")]] task<>
write_file_atomically(std::string path, asio::const_buffer data,
                      unsigned permissions = 0666) {
    co_await to_thread([&path, data, permissions] {
        detail::replace_file(path, data, permissions);
    });
}

TETHER_END_NAMESPACE

#endif
