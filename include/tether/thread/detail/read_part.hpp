// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a stream read whose end is no error?
#ifndef TETHER_THREAD_DETAIL_READ_PART_HPP
#define TETHER_THREAD_DETAIL_READ_PART_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Result: how many bytes came; zero at the end.
template<class Stream>
task<std::size_t> read_part(Stream& from, asio::mutable_buffer to) {
    std::size_t got = 0;
    try {
        got = co_await from.async_read_some(to, use_task);
    } catch (boost::system::system_error const& e) {
        if (e.code() != asio::error::eof)
            throw;
    }
    co_return got;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
