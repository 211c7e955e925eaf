// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are bytes that come in pieces cut into lines? By a line_buffer, which
/// looks at each byte once.
#ifndef TETHER_THREAD_DETAIL_LINE_BUFFER_HPP
#define TETHER_THREAD_DETAIL_LINE_BUFFER_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class line_buffer {
public:
    line_buffer(std::string const& path, std::size_t max)
        : path_(path), max_(max) {}

    // The next line without its end; none without a '\n'.
    std::optional<std::string> next() {
        std::size_t const end = text_.find('\n', seen_);
        if (end == std::string::npos) {
            seen_ = text_.size();
            check_size(held());
            return std::nullopt;
        }
        check_size(end - begin_);
        std::optional<std::string> line(std::in_place, text_, begin_,
                                        end - begin_);
        begin_ = seen_ = end + 1;
        return line;
    }
    // What no '\n' follows.
    std::string take_rest() {
        std::string rest = text_.substr(begin_);
        begin_ = seen_ = text_.size();
        return rest;
    }
    // Bytes that no line was made of.
    std::size_t held() const noexcept { return text_.size() - begin_; }

    // Where more goes; the next call is commit().
    asio::mutable_buffer prepare(std::size_t size) {
        text_.erase(0, begin_);
        seen_ -= std::exchange(begin_, 0);
        std::size_t const have = text_.size();
        text_.resize(have + size);
        room_ = size;
        return asio::buffer(text_.data() + have, size);
    }
    void commit(std::size_t size) { text_.resize(text_.size() - room_ + size); }

private:
    void check_size(std::size_t size) const {
        if (size > max_)
            throw std::length_error("a line of " + path_ + " is longer than " +
                                    std::to_string(max_) +
                                    " bytes: ask for lines(max) with more, or "
                                    "for chunks()");
    }

    std::string const& path_;
    std::size_t max_;
    std::string text_;
    std::size_t begin_ = 0; // of what no line was made of
    std::size_t seen_ = 0;  // no '\n' between begin_ and here
    std::size_t room_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
