// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a pipe written whose reader may go away? With an error in the place
/// of SIGPIPE, and without a change to what the program does about signals.
#ifndef TETHER_THREAD_DETAIL_QUIET_WRITE_HPP
#define TETHER_THREAD_DETAIL_QUIET_WRITE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/detail/file_descriptor.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>

#include <pthread.h>
#include <sys/uio.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A SIGPIPE that a write causes is for the thread that writes; it is held back
// there and taken away before anybody sees it.
class no_sigpipe {
public:
    no_sigpipe() noexcept {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
        another_ = ::sigismember(&before_, SIGPIPE) == 1 && pending();
    }
    no_sigpipe(no_sigpipe const&) = delete;
    no_sigpipe& operator=(no_sigpipe const&) = delete;
    ~no_sigpipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    // After EPIPE. It is not pending where it is ignored.
    void take() const noexcept {
        int number = 0;
        if (!another_ && pending())
            ::sigwait(&pipe_, &number);
    }

private:
    static bool pending() noexcept {
        ::sigset_t now;
        return ::sigpending(&now) == 0 && ::sigismember(&now, SIGPIPE) == 1;
    }

    ::sigset_t pipe_;
    ::sigset_t before_;
    bool another_;
};

// Writes what the pipe takes now.
template<class Buffers>
std::size_t quiet_write(int pipe, Buffers const& buffers,
                        boost::system::error_code& error) noexcept {
    static constexpr int most = 16;
    ::iovec parts[most];
    int count = 0;
    for (auto at = asio::buffer_sequence_begin(buffers);
         at != asio::buffer_sequence_end(buffers) && count != most; ++at) {
        asio::const_buffer const part(*at);
        parts[count++] = {const_cast<void*>(part.data()), part.size()};
    }
    no_sigpipe const quiet;
    ::ssize_t written = -1;
    do
        written = ::writev(pipe, parts, count);
    while (written < 0 && errno == EINTR);
    if (written >= 0) {
        error.clear();
        return static_cast<std::size_t>(written);
    }
    error = system_code(errno);
    if (errno == EPIPE)
        quiet.take();
    return 0;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
