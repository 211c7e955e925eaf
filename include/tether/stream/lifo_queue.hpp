// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks take the item that came last?
#ifndef TETHER_STREAM_LIFO_QUEUE_HPP
#define TETHER_STREAM_LIFO_QUEUE_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/detail/ordered_buffer.hpp>
#include <tether/stream/detail/queue.hpp>

TETHER_BEGIN_NAMESPACE

/// A queue from which the item that came last comes out first: for work of
/// which the newest matters most, or that is deepest in a tree.
///
/// Invariant: holds at most its capacity, which is at least one. A plain object
/// that both sides refer to, without ends that close by themselves; shutdown()
/// ends it.
/// Errors: std::invalid_argument for a capacity below one. Destroying it while
/// tasks wait writes a sentence that names them and terminates.
/// Never lost: as for the ends of a channel.
/// Threads: one loop at a time; use from a second loop or thread while tasks
/// wait is std::logic_error.
/// Example:
/// ```
/// tether::lifo_queue<folder> open(1000);
/// co_await open.put(std::move(root));
/// while (auto next = co_await open.get())
///     co_await visit(*next, open);
/// ```
template<class T>
class lifo_queue : public detail::queue<T, detail::lifo_buffer<T>> {
public:
    using detail::queue<T, detail::lifo_buffer<T>>::queue;
};

TETHER_END_NAMESPACE

#endif
