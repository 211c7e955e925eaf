// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks take the most important item first?
#ifndef TETHER_STREAM_PRIORITY_QUEUE_HPP
#define TETHER_STREAM_PRIORITY_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/ordered_buffer.hpp>
#include <tether/stream/detail/queue.hpp>

#include <functional>

TETHER_BEGIN_NAMESPACE

/// A queue from which the greatest item comes out first.
///
/// Invariant: the greatest by `Compare`, as in std::priority_queue; equal ones
/// in the order in which they came. Tasks that wait are served first come,
/// first served: a waiting put gets its place in the order when there is room.
/// `Compare` does not throw. Everything else is as for lifo_queue.
/// Threads: as for lifo_queue.
/// Example:
/// ```
/// struct urgency {
///     bool operator()(job const& a, job const& b) const noexcept {
///         return a.level < b.level;
///     }
/// };
/// tether::priority_queue<job, urgency> jobs(100);
/// co_await jobs.put(std::move(next));
/// auto most_urgent = co_await jobs.get();
/// ```
template<class T, class Compare = std::less<T>>
class priority_queue
    : public detail::queue<T, detail::priority_buffer<T, Compare>> {
public:
    using detail::queue<T, detail::priority_buffer<T, Compare>>::queue;
};

TETHER_END_NAMESPACE

#endif
