// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a file opened? As file_flags say, which are joined by `|`, and
/// file_options.
#ifndef TETHER_THREAD_FILE_FLAGS_HPP
#define TETHER_THREAD_FILE_FLAGS_HPP

#include <tether/detail/config.hpp>

TETHER_BEGIN_NAMESPACE

class capacity_limiter;

/// What a file is opened for, and what is done to it then.
enum class file_flags : unsigned {
    read = 1,       ///< it can be read
    write = 2,      ///< it can be written
    append = 4,     ///< it can be written, and each write goes to its end
    create = 8,     ///< it is made if it does not exist
    exclusive = 16, ///< with create: it must not exist
    truncate = 32,  ///< with write: what it held is gone
};

/// Both.
constexpr file_flags operator|(file_flags a, file_flags b) noexcept {
    return static_cast<file_flags>(static_cast<unsigned>(a) |
                                   static_cast<unsigned>(b));
}
/// What they have in common.
constexpr file_flags operator&(file_flags a, file_flags b) noexcept {
    return static_cast<file_flags>(static_cast<unsigned>(a) &
                                   static_cast<unsigned>(b));
}

/// The rest.
struct file_options {
    /// Of a file that is created; the umask of the process is taken off.
    unsigned permissions = 0666;
    /// Whose tokens its threads have; null means the default_thread_limiter()
    /// of the loop. It outlives the file.
    capacity_limiter* limiter = nullptr;
};

namespace detail {

constexpr bool has_flag(file_flags all, file_flags any) noexcept {
    return (all & any) != file_flags{};
}

} // namespace detail

TETHER_END_NAMESPACE

#endif
