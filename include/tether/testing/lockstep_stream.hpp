// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does the code under test rely on a buffer between the ends? In lockstep a
/// write ends only when the other end has read it.
#ifndef TETHER_TESTING_LOCKSTEP_STREAM_HPP
#define TETHER_TESTING_LOCKSTEP_STREAM_HPP

#include <tether/detail/config.hpp>
#include <tether/testing/memory_link.hpp>
#include <tether/testing/memory_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Connects two streams without a buffer between them: a program in which both
/// ends write first never ends, and a test of it shows that for certain.
///
/// Parameters: `options` of both directions; `lockstep` is switched on.
/// Example:
/// ```
/// auto [client, server] = make_lockstep_pair(this_task::executor());
/// ```
/// Source: Trio's lockstep_stream_pair.
[[nodiscard]] inline memory_stream_pair
make_lockstep_pair(asio::any_io_executor const& executor,
                   memory_link_options options = {}) {
    options.lockstep = true;
    return make_memory_pair(executor, options);
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
