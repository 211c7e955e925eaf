// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is this type a channel as those of tether are: in order, bounded,
/// cancellable, and does it lose nothing?
#ifndef TETHER_TESTING_CONFORMANCE_CHANNEL_HPP
#define TETHER_TESTING_CONFORMANCE_CHANNEL_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/conformance_suite.hpp>
#include <tether/testing/detail/channel_rules.hpp>

#include <cstddef>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// The rules of a channel: order, room for so many items and no more, each item
/// once, cancels that lose nothing, the end after a close.
///
/// Parameters: `make()` gives a std::unique_ptr to a fresh channel for ints
/// with room for `room` items; `send(channel, item)` and `receive(channel)`
/// something to await, of which the second gives an optional-like item, empty
/// at the end; `close(channel)` closes it for senders. All four are copied into
/// the suite.
/// Example:
/// ```
/// auto const suite = channel_conformance(
///     [] { return std::make_unique<shared_channel<int>>(1); },
///     [](auto& c, int item) -> task<> { co_await c.send_from(item); },
///     [](auto& c) { return c.receive(); }, [](auto& c) { c.close(); });
/// ```
template<class Make, class Send, class Receive, class Close>
[[nodiscard]] conformance_suite
channel_conformance(Make make, Send send, Receive receive, Close close,
                    std::size_t room = 1) {
    using rules = detail::channel_rules<Make, Send, Receive, Close>;
    return detail::suite_of(std::make_shared<rules>(
        std::move(make), std::move(send), std::move(receive), std::move(close),
        static_cast<int>(room)));
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
