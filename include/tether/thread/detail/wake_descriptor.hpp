// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a thread woken that waits in poll()? Through a pipe that it polls as
/// well.
#ifndef TETHER_THREAD_DETAIL_WAKE_DESCRIPTOR_HPP
#define TETHER_THREAD_DETAIL_WAKE_DESCRIPTOR_HPP

#include <tether/detail/config.hpp>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Signalled once and for all: its reading end stays readable.
class wake_descriptor {
public:
    wake_descriptor() {
        if (::pipe(ends_) != 0)
            throw std::system_error(errno, std::generic_category(), "pipe");
        for (int const end : ends_)
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    wake_descriptor(wake_descriptor const&) = delete;
    wake_descriptor& operator=(wake_descriptor const&) = delete;
    ~wake_descriptor() {
        ::close(ends_[0]);
        close_writing_end();
    }

    int native_handle() const noexcept { return ends_[0]; }
    // No byte is written that could find the pipe full: who polls sees the end.
    void signal() noexcept { close_writing_end(); }

private:
    void close_writing_end() noexcept {
        if (ends_[1] != -1)
            ::close(ends_[1]);
        ends_[1] = -1;
    }

    int ends_[2];
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
