// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which bytes of an in-memory connection are on the way, and which can be
/// read?
#ifndef TETHER_TESTING_DETAIL_BYTES_IN_FLIGHT_HPP
#define TETHER_TESTING_DETAIL_BYTES_IN_FLIGHT_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Bytes sent and unread: the first so many have arrived, the others come in
// segments.
class bytes_in_flight {
public:
    std::size_t unread() const noexcept { return bytes_.size() - first_; }
    std::size_t arrived() const noexcept { return arrived_; }
    bool all_arrived() const noexcept { return segments_.empty(); }
    // Of the next segment; there is one.
    time_point next_arrival() const noexcept { return segments_.front().at; }

    void reserve(std::size_t more) { bytes_.reserve(bytes_.size() + more); }
    // schedule() says when they come.
    void add(unsigned char const* from, std::size_t n) {
        if (first_ == bytes_.size()) {
            bytes_.clear();
            first_ = 0;
        } else if (first_ > 4096 && first_ > bytes_.size() / 2) {
            bytes_.erase(bytes_.begin(),
                         bytes_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        bytes_.insert(bytes_.end(), from, from + n);
    }
    void schedule(std::size_t n, time_point at, time_point now) {
        if (segments_.empty() && at <= now)
            arrived_ += n;
        else if (!segments_.empty() && segments_.back().at == at)
            segments_.back().size += n;
        else
            segments_.push_back({n, at});
    }

    void arrive(time_point now) noexcept {
        while (!segments_.empty() && segments_.front().at <= now) {
            arrived_ += segments_.front().size;
            segments_.pop_front();
        }
    }
    // Whenever they would arrive by themselves.
    std::size_t arrive_now(std::size_t most) noexcept {
        std::size_t moved = 0;
        while (!segments_.empty() && moved != most) {
            segment& first = segments_.front();
            std::size_t const step = (std::min)(first.size, most - moved);
            arrived_ += step;
            moved += step;
            if ((first.size -= step) == 0)
                segments_.pop_front();
        }
        return moved;
    }
    template<class Buffers>
    std::size_t take(Buffers const& buffers, std::size_t most) noexcept {
        std::size_t left = (std::min)(arrived_, most);
        std::size_t n = 0;
        for (asio::mutable_buffer const one : buffers) {
            std::size_t const size = (std::min)(left, one.size());
            std::memcpy(one.data(), bytes_.data() + first_, size);
            first_ += size;
            left -= size;
            n += size;
        }
        arrived_ -= n;
        return n;
    }
    void clear() noexcept {
        bytes_.clear();
        segments_.clear();
        first_ = arrived_ = 0;
    }

private:
    struct segment {
        std::size_t size;
        time_point at;
    };

    std::vector<unsigned char> bytes_;
    std::size_t first_ = 0;
    std::size_t arrived_ = 0;
    std::deque<segment> segments_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
