// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a worker for a process_pool written? As a program whose main() is
/// serve_frames(). No loop, no coroutine: a worker does one thing at a time.
#ifndef TETHER_THREAD_WORKER_MAIN_HPP
#define TETHER_THREAD_WORKER_MAIN_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/detail/frame.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The two pipes of the pool. What the function of the worker itself reads and
// writes must not come between the frames: its input is empty, and its output
// goes to the error output.
class frame_streams {
public:
    frame_streams() : in_(moved(STDIN_FILENO)), out_(moved(STDOUT_FILENO)) {
        int const nothing = checked(::open("/dev/null", O_RDONLY), "open");
        checked(::dup2(nothing, STDIN_FILENO), "dup2");
        ::close(nothing);
        checked(::dup2(STDERR_FILENO, STDOUT_FILENO), "dup2");
    }
    frame_streams(frame_streams const&) = delete;
    frame_streams& operator=(frame_streams const&) = delete;
    ~frame_streams() {
        ::close(in_);
        ::close(out_);
    }

    // False at the end of the input.
    bool receive(std::string& frame) const {
        std::array<unsigned char, 4> header{};
        if (!read(header.data(), header.size(), true))
            return false;
        frame.resize(frame_header::decoded(header).length);
        read(frame.data(), frame.size(), false);
        return true;
    }
    void send(std::string const& frame, bool error) const {
        if (frame.size() > frame_header::longest)
            throw std::length_error("serve_frames: an answer of " +
                                    std::to_string(frame.size()) +
                                    " bytes is longer than any frame");
        auto const header = frame_header{frame.size(), error}.encoded();
        write(header.data(), header.size());
        write(frame.data(), frame.size());
    }

private:
    static int checked(int result, char const* call) {
        if (result < 0)
            throw std::system_error(errno, std::generic_category(), call);
        return result;
    }
    static int moved(int stream) {
        return checked(::fcntl(stream, F_DUPFD_CLOEXEC, 3), "fcntl");
    }
    bool read(void* to, std::size_t size, bool may_end) const {
        auto* at = static_cast<char*>(to);
        for (std::size_t left = size; left != 0;) {
            auto const got = ::read(in_, at, left);
            if (got == 0 && may_end && left == size)
                return false;
            if (got == 0)
                throw std::runtime_error(
                    "serve_frames: the input ends inside of a frame");
            if (got < 0 && errno != EINTR)
                checked(-1, "read");
            if (got > 0) {
                at += got;
                left -= static_cast<std::size_t>(got);
            }
        }
        return true;
    }
    void write(void const* from, std::size_t size) const {
        auto const* at = static_cast<char const*>(from);
        while (size != 0) {
            auto const put = ::write(out_, at, size);
            if (put < 0 && errno != EINTR)
                checked(-1, "write");
            if (put > 0) {
                at += put;
                size -= static_cast<std::size_t>(put);
            }
        }
    }

    int in_;
    int out_;
};

} // namespace detail

/// Answers the calls of a process_pool until that closes the input. Blocks.
///
/// While it runs, standard output leads to the error output, so that a message
/// printed by the function does not come between the frames, and standard input
/// is empty.
/// Parameters: `answer` takes the bytes of a call and returns those of the
/// answer, both as std::string.
/// Result: 0, the exit code of the program.
/// Errors: std::system_error when the pipes fail. A std::exception of `answer`
/// becomes a worker_error of the call; anything else ends the program.
/// Threads: the main thread of a program that was started by a pool.
/// Example:
/// ```
/// int main() {
///     return tether::serve_frames([](std::string image) {
///         return thumbnail_of(image);
///     });
/// }
/// ```
template<class F>
    requires std::is_invocable_r_v<std::string, F&, std::string>
int serve_frames(F answer) {
    detail::frame_streams const streams;
    std::string frame;
    while (streams.receive(frame)) {
        bool error = false;
        std::string reply;
        try {
            reply = std::invoke(answer, std::move(frame));
        } catch (std::exception const& e) {
            reply = e.what();
            error = true;
        }
        streams.send(reply, error);
    }
    return 0;
}

TETHER_END_NAMESPACE

#endif
