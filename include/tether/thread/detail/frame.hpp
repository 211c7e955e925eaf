// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What stands before a message to a worker, and before its answer? Four bytes:
/// the length, the highest byte first, and whether it is an error.
#ifndef TETHER_THREAD_DETAIL_FRAME_HPP
#define TETHER_THREAD_DETAIL_FRAME_HPP

#include <tether/detail/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace detail {

struct frame_header {
    static constexpr std::size_t longest = 0x7fff'ffff;

    std::size_t length = 0;
    bool error = false;

    std::array<unsigned char, 4> encoded() const noexcept {
        auto const word =
            static_cast<std::uint32_t>(length) | (error ? 0x8000'0000U : 0U);
        return {static_cast<unsigned char>(word >> 24),
                static_cast<unsigned char>(word >> 16),
                static_cast<unsigned char>(word >> 8),
                static_cast<unsigned char>(word)};
    }
    static frame_header
    decoded(std::array<unsigned char, 4> const& bytes) noexcept {
        std::uint32_t word = 0;
        for (unsigned char const byte : bytes)
            word = word << 8 | byte;
        return {word & longest, (word & ~longest) != 0};
    }
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
