// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is a worker called in a debugger? What its function is called, or else
/// "tether worker".
#ifndef TETHER_THREAD_DETAIL_THREAD_NAME_HPP
#define TETHER_THREAD_DETAIL_THREAD_NAME_HPP

#include <tether/detail/config.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

#if defined(__linux__)
#include <pthread.h>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// As long as Linux allows; a longer one is cut.
class thread_name {
public:
    thread_name() noexcept = default;
    explicit thread_name(std::string_view text) noexcept
        : size_((std::min)(text.size(), max_size)) {
        std::copy_n(text.data(), size_, text_);
    }

    std::string_view view() const noexcept { return {text_, size_}; }

    // Renames the calling thread, whose name this was.
    void become(thread_name const& next) noexcept {
        thread_name const name =
            next.size_ != 0 ? next : thread_name("tether worker");
        if (view() == name.view())
            return;
        *this = name;
#if defined(__linux__)
        ::pthread_setname_np(::pthread_self(), text_);
#endif
    }

private:
    static constexpr std::size_t max_size = 15;

    char text_[max_size + 1] = {};
    std::size_t size_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
