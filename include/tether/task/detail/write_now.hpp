// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Must a write to a socket wait at all? A small asio::async_write is handed to
/// the kernel at once; only what does not fit becomes an operation of Asio.
#ifndef TETHER_TASK_DETAIL_WRITE_NOW_HPP
#define TETHER_TASK_DETAIL_WRITE_NOW_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

#if __has_include(<sys/socket.h>)
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// As a completion token it tells which type an operation is initiated by.
struct initiation_probe {};
template<class Initiation>
struct initiated_by {
    using type = Initiation;
};

// As the handler of a write it tells which stream is written to: the write's
// first step arrives in the async_result below, and nothing is started.
template<class Stream>
struct stream_probe {
    Stream** found;
    void operator()(boost::system::error_code const&, std::size_t) noexcept {}
};
template<class Step, class Stream>
concept probing_step = requires(Step& step) {
    { step.stream_ } -> std::same_as<Stream&>;
    { step.handler_ } -> std::same_as<stream_probe<Stream>&>;
};

using write_all = decltype(asio::transfer_all());

// Whether it is asio::async_write that initiates with `Initiation`. The name of
// that type belongs to Asio, so Asio is asked for it.
template<class Initiation>
struct socket_of_write {
    static constexpr bool known = false;
};
template<template<class> class Template, class Protocol, class Executor>
struct socket_of_write<
    Template<asio::basic_stream_socket<Protocol, Executor>>> {
    using socket = asio::basic_stream_socket<Protocol, Executor>;
    using own = typename decltype(asio::async_write(
        std::declval<socket&>(), asio::const_buffer(), asio::transfer_all(),
        initiation_probe{}))::type;
    static constexpr bool known =
        std::is_same_v<own, Template<socket>> &&
        std::is_same_v<typename socket::native_handle_type, int>;

    // Null if Asio keeps the stream where nobody sees it.
    static socket* find(Template<socket> initiation) {
        socket* found = nullptr;
        std::move(initiation)(stream_probe<socket>{&found},
                              asio::const_buffer(), asio::transfer_all());
        return found;
    }
};

// Buffers whose beginning can be cut off in place, for the rest of a write.
template<class Buffers>
concept single_buffer = std::is_base_of_v<asio::const_buffer, Buffers> ||
                        std::is_base_of_v<asio::mutable_buffer, Buffers>;
template<class Buffers>
concept cuttable_buffers = requires(Buffers& buffers) {
    { *std::begin(buffers) += std::size_t() };
    requires single_buffer<std::decay_t<decltype(*std::begin(buffers))>>;
    std::end(buffers);
};

// What a write came to, or came to before the rest had to wait.
struct write_end {
    write_end() noexcept = default;
    explicit write_end(std::size_t n) noexcept : written(n) {}

    std::size_t result() const {
        if (error != 0) [[unlikely]]
            fail();
        return written;
    }

    std::size_t written = 0;
    int error = 0; // an errno

private:
    [[noreturn, gnu::noinline]] void fail() const {
        throw boost::system::system_error(error,
                                          asio::error::get_system_category());
    }
};

#if __has_include(<sys/socket.h>) && defined(MSG_DONTWAIT)
template<class Initiation, class Args>
inline constexpr bool writes_now = false;
template<class Initiation, class Buffers>
inline constexpr bool writes_now<Initiation, std::tuple<Buffers, write_all>> =
    socket_of_write<Initiation>::known &&
    (single_buffer<Buffers> || cuttable_buffers<Buffers>);

// Hands `buffers` to the kernel and cuts off what it took. False if the rest
// has to wait; an error ends the write.
template<class Buffers>
bool write_now(int socket, Buffers& buffers, write_end& end) noexcept {
    // One step of Asio's own writes: larger ones let others run in between.
    constexpr std::size_t most_bytes = 65536;
    constexpr std::size_t most_buffers = 16;
    iovec parts[single_buffer<Buffers> ? 1 : most_buffers];
    std::size_t count = 0;
    std::size_t total = 0;
    auto const add = [&](asio::const_buffer part) {
        total += part.size();
        if (count != std::size(parts) && total <= most_bytes)
            parts[count] = {const_cast<void*>(part.data()), part.size()};
        return ++count <= std::size(parts) && total <= most_bytes;
    };
    if constexpr (single_buffer<Buffers>) {
        if (!add(buffers))
            return false;
    } else {
        for (auto const& part : buffers)
            if (!add(part))
                return false;
    }
    if (total == 0)
        return false;
#if defined(MSG_NOSIGNAL)
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
    constexpr int flags = MSG_DONTWAIT;
#endif
    ssize_t sent;
    do {
        if constexpr (single_buffer<Buffers>) {
            sent = ::send(socket, parts[0].iov_base, parts[0].iov_len, flags);
        } else {
            msghdr message{};
            message.msg_iov = parts;
            message.msg_iovlen =
                static_cast<decltype(message.msg_iovlen)>(count);
            sent = ::sendmsg(socket, &message, flags);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return false;
        end.error = errno;
        return true;
    }
    end.written = static_cast<std::size_t>(sent);
    if (end.written == total)
        return true;
    std::size_t left = end.written;
    auto const cut = [&](auto& part) {
        std::size_t const here = (std::min)(left, part.size());
        part += here;
        left -= here;
    };
    if constexpr (single_buffer<Buffers>) {
        cut(buffers);
    } else {
        for (auto& part : buffers)
            cut(part);
    }
    return false;
}

// The same for what asio::async_write was called with.
template<class Initiation, class Buffers>
bool offer_write(Initiation const& initiation, Buffers& buffers,
                 write_end& end) noexcept {
    auto* const socket = socket_of_write<Initiation>::find(initiation);
    return socket && write_now(socket->native_handle(), buffers, end);
}
#else
template<class Initiation, class Args>
inline constexpr bool writes_now = false;
#endif

} // namespace detail
TETHER_END_NAMESPACE

namespace boost::asio {

template<class... Signatures>
class async_result<tether::detail::initiation_probe, Signatures...> {
public:
    template<class Initiation, class... Args>
    static tether::detail::initiated_by<std::decay_t<Initiation>>
    initiate(Initiation&&, tether::detail::initiation_probe, Args&&...);
};

// The step of a write that goes nowhere: it only tells its stream.
template<template<class...> class Step, class Stream, class... Parts,
         class... Signatures>
    requires tether::detail::probing_step<Step<Stream, Parts...>, Stream>
class async_result<Step<Stream, Parts...>, Signatures...> {
public:
    template<class Initiation, class Token, class... Args>
    static void initiate(Initiation&&, Token&& step, Args&&...) noexcept {
        *step.handler_.found = &step.stream_;
    }
};

} // namespace boost::asio

#endif
