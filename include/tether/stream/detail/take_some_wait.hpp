// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task receive all that is there, and wait only for the first?
#ifndef TETHER_STREAM_DETAIL_TAKE_SOME_WAIT_HPP
#define TETHER_STREAM_DETAIL_TAKE_SOME_WAIT_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/stream/detail/item_buffer.hpp>
#include <tether/stream/detail/take_wait.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
class take_some_wait final : public own_take_wait<T, item_buffer<T>> {
public:
    take_some_wait(core_end<stream_core<T>>* end, std::size_t max) noexcept
        : own_take_wait<T, item_buffer<T>>(end), max_(max) {}

    std::vector<T> result() {
        std::vector<T> out;
        if (!this->has_item())
            return out;
        // Room for all of them first: nothing may throw with an item in hand.
        auto const now = this->core_->statistics();
        std::size_t const there = now.buffered + now.waiting_senders;
        out.reserve((std::min)(max_ - 1, there) + 1);
        this->take_item([&](T& item) { out.push_back(std::move(item)); });
        while (out.size() < out.capacity() && out.size() < max_)
            if (!one_more(out))
                break;
        return out;
    }

private:
    // What the move of an item throws waits for the next receive.
    bool one_more(std::vector<T>& out) noexcept {
        manual_lifetime<T> item;
        try {
            if (!this->core_->take_now(item))
                return false;
        } catch (...) {
            return false;
        }
        try {
            item_guard<T> const after{*this->core_, item};
            out.push_back(std::move(item.get()));
            return true;
        } catch (...) {
            return false;
        }
    }

    std::size_t max_;
};

template<class T>
using take_some_op =
    wait_op<take_some_wait<T>, core_end<stream_core<T>>*, std::size_t>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
