// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is this type a stream as Asio, Beast and tether expect one?
#ifndef TETHER_TESTING_CONFORMANCE_STREAM_HPP
#define TETHER_TESTING_CONFORMANCE_STREAM_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/conformance_suite.hpp>
#include <tether/testing/detail/stream_rules.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// What the streams under test can do.
struct stream_traits {
    /// Whether `shutdown(socket_base::shutdown_send)` ends one direction.
    bool half_close = true;
    /// How much is sent to see whether everything arrives; should be more than
    /// the buffers between the ends.
    std::size_t large = 1024 * 1024;
    /// How long a rule may take, by the clock of the loop.
    std::chrono::nanoseconds limit = std::chrono::seconds(60);
    /// How long a write may wait before it counts as one that waits.
    std::chrono::nanoseconds patience = std::chrono::milliseconds(50);
};

/// The rules of connected two-way streams: order, ends, back-pressure, cancels,
/// and when handlers are called.
///
/// Parameters: `make()` gives, or is a coroutine that gives, a pair with
/// members `first` and `second`: Asio streams that are connected to each other,
/// movable, with close(). It is copied into the suite.
/// Example:
/// ```
/// auto const suite = stream_conformance(
///     [] { return make_memory_pair(this_task::executor()); });
/// co_await suite.run_all();
/// ```
template<class Make>
[[nodiscard]] conformance_suite stream_conformance(Make make,
                                                   stream_traits traits = {}) {
    using rules = detail::stream_rules<Make>;
    auto const shared = std::make_shared<rules>(
        std::move(make), traits.half_close, traits.large, traits.patience);
    conformance_suite suite(traits.limit);
    for (auto const& [name, rule] : rules::all()) {
        if (rule == &rules::half_close && !traits.half_close)
            continue;
        suite.add(name, [shared, rule] { return (shared.get()->*rule)(); });
    }
    return suite;
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
