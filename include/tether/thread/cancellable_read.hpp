// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread that blocks in a system call hear of a cancel, without
/// signals? It polls a descriptor more.
#ifndef TETHER_THREAD_CANCELLABLE_READ_HPP
#define TETHER_THREAD_CANCELLABLE_READ_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/thread/detail/thread_call.hpp>
#include <tether/thread/from_thread.hpp>

#include <boost/asio/buffer.hpp>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <poll.h>
#include <unistd.h>

TETHER_BEGIN_NAMESPACE
namespace from_thread {

/// A descriptor that becomes readable when the scopes around the call are
/// cancelled, for functions that poll() or select() by themselves.
///
/// Result: it belongs to the call and stays readable. It is not to be read.
/// Errors: std::logic_error on a thread that works for nobody;
/// boost::system::system_error when there are no descriptors left.
/// Example:
/// ```
/// pollfd ready[] = {{device, POLLIN, 0},
///                   {from_thread::wake_handle(), POLLIN, 0}};
/// poll(ready, 2, -1);
/// from_thread::check_cancelled();
/// ```
[[nodiscard]] inline int wake_handle() {
    return detail::this_call("wake_handle").wake_handle();
}

/// Reads what there is from a descriptor that Asio cannot watch, say one of a
/// library that blocks; a cancel ends the wait.
///
/// Parameters: a descriptor that stays open, in blocking mode or not, and read
/// by one thread; a buffer.
/// Result: how many bytes came; 0 at the end, and for an empty buffer.
/// Errors: std::system_error with the errno of poll() or read();
/// cancelled_error when the scopes around the call are cancelled: if the
/// function lets that out, the awaiting task stops. std::logic_error on a
/// thread that works for nobody.
/// Completes when: something can be read.
/// On cancellation: throws at once; nothing is read.
/// Never lost: what was read is returned, in spite of a cancel meanwhile.
/// Example:
/// ```
/// auto line = co_await to_thread([&] {
///     std::array<char, 256> text;
///     auto const n = from_thread::cancellable_read(tty, asio::buffer(text));
///     return std::string(text.data(), n);
/// });
/// ```
/// Source: Kotlin's runInterruptible, with a pipe in the place of an interrupt.
inline std::size_t cancellable_read(int descriptor, asio::mutable_buffer to) {
    detail::thread_call& call = detail::this_call("cancellable_read");
    call.throw_if_stopped();
    if (descriptor < 0) // poll() would take no notice of it
        throw std::system_error(EBADF, std::generic_category(), "poll");
    if (to.size() == 0)
        return 0;
    ::pollfd ready[] = {{descriptor, POLLIN, 0},
                        {call.wake_handle(), POLLIN, 0}};
    for (;;) {
        int const n = ::poll(ready, 2, -1);
        call.throw_if_stopped();
        if (n < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "poll");
        if (n <= 0 || ready[0].revents == 0)
            continue;
        ::ssize_t const got = ::read(descriptor, to.data(), to.size());
        if (got >= 0)
            return static_cast<std::size_t>(got);
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            throw std::system_error(errno, std::generic_category(), "read");
    }
}

} // namespace from_thread
TETHER_END_NAMESPACE

#endif
