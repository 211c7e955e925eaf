// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which adaptors run their generator ahead of the consumer? buffer and merge.
/// The task that does so belongs to a group that the caller names.
#ifndef TETHER_STREAM_ADAPTORS_BACKGROUND_HPP
#define TETHER_STREAM_ADAPTORS_BACKGROUND_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/stream/keep.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
async_generator<stored_of<G>> buffer_elements(G range, task_group& group,
                                              std::size_t n) {
    auto ends = channel<stored_of<G>>(n);
    auto& source = co_await tether::keep(
        start_sending(group, std::move(range), std::move(ends.first)));
    while (auto item = co_await ends.second.receive())
        co_yield yield_from(*item);
    co_await source.ended();
}

// The first error stops the others, so it is not kept back by those that go on.
template<class T>
class merge_work {
public:
    explicit merge_work(std::vector<async_generator<T>> parts)
        : parts_(std::move(parts)) {}

    task<> operator()(sender<T>& to) {
        auto all = [&](task_group& group) -> task<> {
            for (auto& part : parts_)
                group.spawn(send_part, std::move(part), std::ref(to));
            co_return;
        };
        co_await in_own_group(to, parts_.size(), all);
    }

private:
    static task<> send_part(async_generator<T> part, sender<T>& to) {
        send_all_of<async_generator<T>> work(std::move(part));
        co_await work(to);
    }

    std::vector<async_generator<T>> parts_;
};

template<class T>
async_generator<T> merge_elements(task_group& group,
                                  std::vector<async_generator<T>> parts) {
    auto ends = channel<T>();
    auto& source = co_await tether::keep(start_producer(
        group, merge_work<T>(std::move(parts)), std::move(ends.first)));
    while (auto item = co_await ends.second.receive())
        co_yield yield_from(*item);
    co_await source.ended();
}

} // namespace detail

/// Makes up to `n` elements before they are asked for, and one more that waits
/// for its place.
///
/// Invariant: a stop of the consumer or of the group stops the generator, and
/// its cleanup is awaited.
/// Parameters: `group` owns the task that does so, from the first step until
/// the generator has ended or is closed; it outlives the generator.
/// Errors: those of the generator, after the elements before them; group_closed
/// from the first step; cancelled_error when the group was cancelled but the
/// consumer was not. An error that comes after the consumer has left is one of
/// the group.
/// Example:
/// \code
/// auto ahead = pages() | buffer(group, 4) | transform(parse);
/// \endcode
[[nodiscard("pipe a generator into it")]] inline auto buffer(task_group& group,
                                                             std::size_t n) {
    return detail::adaptor([&group, n]<class G>(G range) {
        return detail::buffer_elements(std::move(range), group, n);
    });
}

/// The elements of all generators, in the order in which they are made.
///
/// Parameters: generators with the same elements, which run at the same time,
/// each one element ahead; `group` owns the tasks, as for buffer().
/// Errors: the first error stops the others and comes after the elements that
/// were made before; otherwise as buffer().
/// Example:
/// \code
/// auto events = merge(group, from_disk(), from_network());
/// \endcode
template<class T, std::same_as<async_generator<T>>... More>
[[nodiscard("consume it")]] async_generator<T>
merge(task_group& group, async_generator<T> first, More... more) {
    std::vector<async_generator<T>> parts;
    parts.reserve(1 + sizeof...(more));
    parts.push_back(std::move(first));
    (parts.push_back(std::move(more)), ...);
    return detail::merge_elements(group, std::move(parts));
}

TETHER_END_NAMESPACE

#endif
