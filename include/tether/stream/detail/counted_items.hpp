// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How many items did a stream accept? A buffer that also knows of those which
/// were handed on past it.
#ifndef TETHER_STREAM_DETAIL_COUNTED_ITEMS_HPP
#define TETHER_STREAM_DETAIL_COUNTED_ITEMS_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/detail/item_buffer.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// For who needs the number; a channel does not, and the count would be a store
// for each item that finds a receiver waiting.
template<class T>
class counted_items : public item_buffer<T> {
public:
    using item_buffer<T>::item_buffer;

    void note_passed() noexcept { ++passed_; }
    std::size_t accepted() const noexcept { return passed_ + this->pushed(); }

private:
    std::size_t passed_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
