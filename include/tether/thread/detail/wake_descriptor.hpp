// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a thread woken that waits in poll()? Through a pipe that it polls as
/// well.
#ifndef TETHER_THREAD_DETAIL_WAKE_DESCRIPTOR_HPP
#define TETHER_THREAD_DETAIL_WAKE_DESCRIPTOR_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/detail/file_descriptor.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Signalled once and for all: its reading end stays readable.
class wake_descriptor {
public:
    int native_handle() const noexcept { return ends_.read.get(); }
    // No byte is written that could find the pipe full: who polls sees the end.
    void signal() noexcept { ends_.write.reset(); }

private:
    pipe_ends ends_ = make_pipe("from_thread::wake_handle()");
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
