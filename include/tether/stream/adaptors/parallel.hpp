// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is work done for several elements at a time, and given in order or as
/// it is done? map_concurrent_stream and as_completed.
///
/// Builds on sync/promise.hpp.
#ifndef TETHER_STREAM_ADAPTORS_PARALLEL_HPP
#define TETHER_STREAM_ADAPTORS_PARALLEL_HPP

#include <tether/core/errors.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/stream/keep.hpp>
#include <tether/sync/promise.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// One task for each element. The place of a result in the channel is taken
// before its task starts, so the channel is the buffer that orders.
template<class G, class F>
class ordered_work {
public:
    using element = stored_of<G>;
    using result = applied_t<F, yield_of_t<G>>;

    ordered_work(G range, F fn, std::size_t limit)
        : range_(std::move(range)), fn_(std::move(fn)), limit_(limit) {}

    task<> operator()(sender<future<result>>& to) {
        auto all = [&](task_group& group) -> task<> {
            auto each = [&](G& range) -> task<> {
                while (auto* const item = co_await range.advance()) {
                    tether::promise<result> made;
                    future<result> place = made.get_future();
                    try {
                        co_await to.send_from(place);
                    } catch (broken_resource const& broken) {
                        throw consumer_left(broken);
                    }
                    co_await group.spawn_when_ready(
                        one, std::ref(fn_), std::move(made),
                        element(static_cast<yield_of_t<G>&&>(*item)));
                }
            };
            co_await consume(range_, each);
        };
        co_await in_own_group(limit_, all);
    }

private:
    static task<> one(F& fn, tether::promise<result> made, element item) {
        try {
            made.set_value(
                co_await std::invoke(fn, static_cast<yield_of_t<G>>(item)));
        } catch (...) {
            made.set_exception(std::current_exception());
        }
    }

    G range_;
    F fn_;
    std::size_t limit_;
};

template<class G, class F>
async_generator<applied_t<F, yield_of_t<G>>>
ordered_elements(G range, F fn, task_group& group, std::size_t limit) {
    using work = ordered_work<G, F>;
    auto ends = channel<future<typename work::result>>(limit);
    auto& source = co_await tether::keep(
        start_producer(group, work(std::move(range), std::move(fn), limit),
                       std::move(ends.first)));
    while (auto place = co_await ends.second.receive()) {
        if (!place->is_ready())
            co_await place->wait();
        if (future_access::broken(*place)) { // its task was not spawned
            auto const more = co_await ends.second.receive(); // throws why
            if (!more)
                co_await source.ended();
        }
        auto made = co_await place->get();
        co_yield yield_from(made);
    }
    co_await source.ended();
}

// Results in the order in which they come.
template<class R, class F>
class completed_work {
public:
    using item = std::ranges::range_reference_t<R>;
    using result = applied_t<F, item>;

    completed_work(R range, F fn, std::size_t limit)
        : range_(std::move(range)), fn_(std::move(fn)), limit_(limit) {}

    task<> operator()(sender<outcome<result>>& to) {
        auto all = [&](task_group& group) -> task<> {
            for (auto&& one_item : range_)
                co_await group.spawn_when_ready(one, std::ref(to),
                                                std::invoke(fn_, one_item));
        };
        co_await in_own_group(limit_, all);
    }

private:
    using work_type = std::decay_t<std::invoke_result_t<F&, item>>;

    static task<> one(sender<outcome<result>>& to, work_type work) {
        auto how = co_await as_outcome(std::move(work));
        try {
            co_await to.send_from(how);
        } catch (broken_resource const& broken) {
            throw consumer_left(broken);
        }
    }

    R range_;
    F fn_;
    std::size_t limit_;
};

} // namespace detail

/// Replaces each element by what `fn` makes of it, for up to `limit` elements
/// at a time, in the order of the elements.
///
/// Parameters: `group` owns the tasks, as for buffer(); `fn` takes the element
/// and gives a task. At most `limit` results wait for those before them.
/// Errors: the error of an element comes in its place and ends the rest;
/// otherwise as buffer(). std::invalid_argument when `limit` is zero.
/// Example:
/// \code
/// auto pages = urls() | map_concurrent_stream(group, 8, fetch);
/// \endcode
template<class F>
[[nodiscard("pipe a generator into it")]] auto
map_concurrent_stream(task_group& group, std::size_t limit, F&& fn) {
    detail::checked_limit(limit, "map_concurrent_stream");
    return detail::adaptor(
        [&group, limit,
         f = std::decay_t<F>(std::forward<F>(fn))]<class G>(G range) mutable {
            return detail::ordered_elements(std::move(range), std::move(f),
                                            group, limit);
        });
}

/// The outcomes of `fn(item)` for the items of a range, up to `limit` at a
/// time, each when it is there.
///
/// Parameters: `range` is moved in; `fn` takes an item and gives a task;
/// `group` owns the tasks, as for buffer().
/// Result: a generator of outcome<T>. Closing it stops the tasks that are left
/// and waits for their end.
/// Errors: those of the tasks are in the outcomes; group_closed;
/// std::invalid_argument when `limit` is zero.
/// Example:
/// \code
/// co_await for_each(as_completed(group, urls, 8, fetch), [&](auto page) {
///     if (!page.has_error())
///         show(*page);
/// });
/// \endcode
/// Source: asyncio's as_completed.
template<std::ranges::input_range R, class F>
    requires(!std::is_reference_v<R>)
[[nodiscard("consume it")]] auto as_completed(task_group& group, R&& range,
                                              std::size_t limit, F&& fn) {
    detail::checked_limit(limit, "as_completed");
    using work = detail::completed_work<R, std::decay_t<F>>;
    return detail::produced<outcome<typename work::result>>(
        group, work(std::move(range), std::forward<F>(fn), limit), 0);
}

TETHER_END_NAMESPACE

#endif
