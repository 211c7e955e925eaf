// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a stream of bytes read line by line? As a generator, which holds no
/// more than a line and a block.
#ifndef TETHER_THREAD_READ_LINES_HPP
#define TETHER_THREAD_READ_LINES_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/thread/detail/read_part.hpp>
#include <tether/thread/process_errors.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

/// Limits of read_lines().
struct read_lines_options {
    /// A longer line is limit_exceeded.
    std::size_t max_line = 1U << 20;
};

/// The lines of `from`, without their line feeds.
///
/// Parameters: an AsyncReadStream of Asio, which outlives the generator and is
/// read by nobody else meanwhile.
/// Result: each line; what stands after the last line feed is one, too.
/// Errors: of a step: those of reading; limit_exceeded.
/// Threads: one loop.
/// Example:
/// ```
/// co_await for_each(read_lines(child.out()), [](std::string line) -> task<> {
///     co_await store(line);
/// });
/// ```
template<class Stream>
async_generator<std::string> read_lines(Stream& from,
                                        read_lines_options options = {}) {
    static constexpr std::size_t block = 16384;
    std::vector<char> part(block);
    std::string line;
    for (;;) {
        std::size_t const got = co_await detail::read_part(
            from, asio::buffer(part.data(), part.size()));
        if (got == 0)
            break;
        std::string_view rest(part.data(), got);
        while (!rest.empty()) {
            std::size_t const end = rest.find('\n');
            std::string_view const more = rest.substr(0, end);
            if (more.size() > options.max_line - line.size())
                throw limit_exceeded(
                    "read_lines: a line is longer than max_line, " +
                        std::to_string(options.max_line) + " bytes",
                    options.max_line);
            line += more;
            if (end == rest.npos)
                break;
            rest.remove_prefix(end + 1);
            std::string whole = std::exchange(line, {});
            co_yield yield_from(whole);
        }
    }
    if (!line.empty())
        co_yield yield_from(line);
}

TETHER_END_NAMESPACE

#endif
