// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is kept of the output of a child? All of it up to a limit, or its end.
#ifndef TETHER_THREAD_DETAIL_OUTPUT_BUFFER_HPP
#define TETHER_THREAD_DETAIL_OUTPUT_BUFFER_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/stdio.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class output_buffer {
public:
    output_buffer() noexcept = default;
    explicit output_buffer(stdio const& to) noexcept
        : limit_(stdio_access::size(to)), kind_(stdio_access::kind(to)) {}

    bool collects() const noexcept {
        return kind_ == stdio_kind::capture || kind_ == stdio_kind::tail;
    }
    std::size_t limit() const noexcept { return limit_; }

    // False if that is too much: nothing more is kept then.
    bool add(std::string_view part) {
        if (kind_ == stdio_kind::capture) {
            full_ = full_ || part.size() > limit_ - text_.size();
            if (!full_)
                text_ += part;
            return !full_;
        }
        text_ += part;
        if (text_.size() > 2 * limit_)
            trim();
        return true;
    }

    std::string const& text() {
        trim();
        return text_;
    }
    std::string take() {
        trim();
        return std::exchange(text_, {});
    }

private:
    void trim() {
        if (kind_ == stdio_kind::tail && text_.size() > limit_)
            text_.erase(0, text_.size() - limit_);
    }

    std::string text_;
    std::size_t limit_ = 0;
    stdio_kind kind_ = stdio_kind::unset;
    bool full_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
