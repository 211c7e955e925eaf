// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which adaptors run their generators ahead of the consumer? buffer, merge and
/// flat_map with a limit. The task that does so belongs to a group that the
/// caller names.
///
/// Builds on sync/semaphore.hpp.
#ifndef TETHER_STREAM_ADAPTORS_BACKGROUND_HPP
#define TETHER_STREAM_ADAPTORS_BACKGROUND_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/task.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

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
        co_await in_own_group(any_number, all);
    }

private:
    static task<> send_part(async_generator<T> part, sender<T>& to) {
        send_all_of<async_generator<T>> work(std::move(part));
        co_await work(to);
    }

    std::vector<async_generator<T>> parts_;
};

// The same for generators that are made on the way. A place comes first, so
// that no element is asked for before there is one for what it becomes.
template<class G, class F>
class flat_map_work {
public:
    using inner = std::invoke_result_t<F&, yield_of_t<G>>;
    using item = stored_of<inner>;

    flat_map_work(G range, F fn, std::size_t limit)
        : range_(std::move(range)), fn_(std::move(fn)), limit_(limit) {}

    task<> operator()(sender<item>& to) {
        semaphore places(places_for(limit_));
        auto all = [&](task_group& group) -> task<> {
            auto each = [&](G& range) -> task<> {
                for (;;) {
                    permit place = co_await places.acquire();
                    auto* const one = co_await range.advance();
                    if (!one)
                        co_return;
                    group.spawn(
                        send_part, std::move(place),
                        std::invoke(fn_, static_cast<yield_of_t<G>&&>(*one)),
                        std::ref(to));
                }
            };
            co_await consume(range_, each);
        };
        co_await in_own_group(any_number, all);
    }

private:
    static std::ptrdiff_t places_for(std::size_t limit) noexcept {
        constexpr auto most = static_cast<std::size_t>(semaphore::unbounded);
        return static_cast<std::ptrdiff_t>((std::min)(limit, most));
    }
    static task<> send_part(permit, inner part, sender<item>& to) {
        send_all_of<inner> work(std::move(part));
        co_await work(to);
    }

    G range_;
    F fn_;
    std::size_t limit_;
};

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
        return detail::produced<detail::stored_of<G>>(
            group, detail::send_all_of<G>(std::move(range)), n);
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
    return detail::produced<T>(group, detail::merge_work<T>(std::move(parts)),
                               0);
}

/// Replaces each element by the elements of the generator that `fn` makes of
/// it, for up to `limit` of these generators at a time.
///
/// Parameters: `group` owns the tasks, as for buffer(); `fn` takes the element,
/// which it may move out of, and gives a generator. An element is asked for
/// when a place for its generator is free, and each of the generators is one
/// element ahead.
/// Result: the elements of one generator in its order, those of different ones
/// in the order in which they are made.
/// Errors: the first error, of the generator, of `fn`, of an inner generator,
/// stops the others and comes after the elements that were made before;
/// otherwise as buffer(). std::invalid_argument when `limit` is zero.
/// Example:
/// \code
/// auto rows = tables() | flat_map(group, 4, rows_of);
/// \endcode
template<class F>
[[nodiscard("pipe a generator into it")]] auto
flat_map(task_group& group, std::size_t limit, F&& fn) {
    detail::checked_limit(limit, "flat_map");
    return detail::adaptor(
        [&group, limit,
         f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            using work = detail::flat_map_work<G, std::decay_t<F>>;
            return detail::produced<typename work::item>(
                group, work(std::move(range), std::move(f), limit), 0);
        });
}

TETHER_END_NAMESPACE

#endif
