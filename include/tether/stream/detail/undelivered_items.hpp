// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What becomes of an item that no receiver will get? It is counted, and given
/// to the hook of its stream.
#ifndef TETHER_STREAM_DETAIL_UNDELIVERED_ITEMS_HPP
#define TETHER_STREAM_DETAIL_UNDELIVERED_ITEMS_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class undelivered_items {
public:
    using hook = std::function<void(T&&)>;

    explicit undelivered_items(hook h) noexcept : hook_(std::move(h)) {}

    std::size_t count() const noexcept { return count_; }

    // The item is out of its stream by then, which the hook may use.
    void drop(T& item) noexcept {
        ++count_;
        if (!hook_)
            return;
        try {
            hook_(std::move(item));
        } catch (...) {
            report_unread(std::current_exception(),
                          "the undelivered hook of a channel threw");
        }
    }
    // One whose move threw on its way to the hook.
    void lose(std::exception_ptr why) noexcept {
        ++count_;
        if (hook_)
            report_unread(std::move(why),
                          "an undelivered item could not be moved to the hook "
                          "of its channel");
    }

private:
    std::size_t count_ = 0;
    hook hook_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
