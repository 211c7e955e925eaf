// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How good is the line between two in-memory streams, and what goes wrong on
/// it? Options of one direction, and faults at a byte.
#ifndef TETHER_TESTING_MEMORY_LINK_HPP
#define TETHER_TESTING_MEMORY_LINK_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// What one direction of a connection is like; all times are of the loop's
/// clock, so they cost nothing in virtual time.
///
/// Parameters: the default is a perfect line with the buffer of a socket.
struct memory_link_options {
    /// From sending a byte until it can be read.
    std::chrono::nanoseconds latency{0};
    /// Bytes per second; 0 means that sending takes no time.
    std::size_t bandwidth = 0;
    /// How many bytes may be sent and unread; then a write waits. At least 1.
    std::size_t buffer = 64 * 1024;
    /// The most that one async_write_some takes; 0 means all that fits.
    std::size_t max_write = 0;
    /// The most that one async_read_some gives; 0 means all there is.
    std::size_t max_read = 0;
    /// How likely a packet of 1460 bytes is lost, 0 to 1. Loss is a stall: all
    /// bytes from the lost one on come after the retransmission.
    double loss = 0;
    /// How long a retransmission takes.
    std::chrono::nanoseconds retransmission = std::chrono::milliseconds(200);
    /// Which packets are lost; the same seed loses the same ones.
    std::uint64_t seed = 1;
    /// A write completes only when the other end has read all of it.
    bool lockstep = false;
    /// Nothing arrives by itself: pump() moves the bytes.
    bool manual = false;
};

/// Something that happens to the byte at a position of a direction.
///
/// Parameters: `at` counts from 0, the first byte sent on the stream; a
/// position that was already sent means "now". Made by the functions below.
struct link_fault {
    /// What happens.
    enum class what : std::uint8_t { reset, eof, corrupt, stall };

    /// What happens.
    what kind;
    /// To which byte.
    std::uint64_t at;
    /// How long a stall is.
    std::chrono::nanoseconds delay{0};
    /// The bits that a corruption turns over.
    std::uint8_t mask = 0;
};

/// The connection breaks before byte `at`: the receiver reads what came before,
/// then connection_reset; the sender has connection_reset at once, in both
/// directions.
constexpr link_fault reset_at(std::uint64_t at) noexcept {
    return {link_fault::what::reset, at, {}, 0};
}

/// The receiver reads end of stream instead of byte `at`; what is sent from
/// there on is dropped, and the sender is not told.
constexpr link_fault eof_at(std::uint64_t at) noexcept {
    return {link_fault::what::eof, at, {}, 0};
}

/// The bits of `mask` are turned over in byte `at`.
constexpr link_fault corrupt_at(std::uint64_t at,
                                std::uint8_t mask = 0xff) noexcept {
    return {link_fault::what::corrupt, at, {}, mask};
}

/// Byte `at` and what follows arrive `delay` later.
constexpr link_fault stall_at(std::uint64_t at,
                              std::chrono::nanoseconds delay) noexcept {
    return {link_fault::what::stall, at, delay, 0};
}

/// The same for ever: neither the byte nor the end of the stream arrives.
constexpr link_fault stall_at(std::uint64_t at) noexcept {
    return {link_fault::what::stall, at, (std::chrono::nanoseconds::max)(), 0};
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
