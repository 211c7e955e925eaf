// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which memory does one read or write of an in-memory stream mean?
#ifndef TETHER_TESTING_DETAIL_BUFFER_LIST_HPP
#define TETHER_TESTING_DETAIL_BUFFER_LIST_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The buffers of one call, like Asio's own operations at most so many of them.
template<class Buffer>
class buffer_list {
public:
    template<class Buffers>
    explicit buffer_list(Buffers const& buffers) {
        auto const end = asio::buffer_sequence_end(buffers);
        for (auto at = asio::buffer_sequence_begin(buffers);
             at != end && count_ != most; ++at) {
            Buffer const one(*at);
            if (one.size() == 0)
                continue;
            list_[count_++] = one;
            size_ += one.size();
        }
    }
    std::size_t size() const noexcept { return size_; }
    Buffer const* begin() const noexcept { return list_; }
    Buffer const* end() const noexcept { return list_ + count_; }

private:
    static constexpr std::size_t most = 16;

    Buffer list_[most];
    std::size_t count_ = 0;
    std::size_t size_ = 0;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
