// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a generator run ahead of its consumer? As a child task of a group
/// that outlives both, which hands its elements to a channel.
#ifndef TETHER_STREAM_DETAIL_BACKGROUND_HPP
#define TETHER_STREAM_DETAIL_BACKGROUND_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_group_options.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class T>
bool nobody_receives(sender<T> const& to) {
    return to.statistics().receivers == 0;
}

// What a send of a producer throws once nobody receives: no error of the
// elements, unlike any other broken_resource that they meet.
class consumer_left final : public broken_resource {
public:
    explicit consumer_left(broken_resource const& sent)
        : broken_resource(sent) {}
};

// The body of a producer: `work(to)` sends. Its error stands at the end of the
// elements; when nobody is left to receive it, it is an error of the child.
template<class T, class Work>
task<> produce(Work work, sender<T> to) {
    std::exception_ptr error;
    try {
        co_await work(to);
    } catch (consumer_left const&) {
    } catch (...) {
        error = std::current_exception();
    }
    if (!error)
        co_return;
    if (nobody_receives(to))
        std::rethrow_exception(std::move(error));
    to.close(std::move(error));
}

inline bool only_left(exception_group const& errors) {
    for (std::exception_ptr const& error : errors.exceptions()) {
        try {
            std::rethrow_exception(error);
        } catch (consumer_left const&) {
            continue;
        } catch (...) {
            return false;
        }
    }
    return true;
}

inline constexpr std::size_t any_number =
    (std::numeric_limits<std::size_t>::max)();

inline std::size_t checked_limit(std::size_t limit, char const* who) {
    if (limit == 0)
        throw std::invalid_argument(std::string(who) + ": the limit is zero");
    return limit;
}

// A producer with children of its own: a single error comes out bare, and that
// nobody receives any more is none.
template<class F>
task<> in_own_group(std::size_t limit, F& body) {
    task_group_options options;
    options.max_children = limit;
    options.on_child_cancel = child_cancel::fail; // its elements are missing
    std::exception_ptr single;
    try {
        co_await with_task_group(options, body);
    } catch (exception_group const& errors) {
        if (only_left(errors))
            co_return;
        if (errors.size() != 1)
            throw;
        single = errors.exceptions().front();
    }
    if (single)
        std::rethrow_exception(std::move(single));
}

// Sends all elements of a generator, and closes it on every way out.
template<class G>
class send_all_of {
public:
    explicit send_all_of(G range) : range_(std::move(range)) {}

    task<> operator()(sender<stored_of<G>>& to) {
        return consume(range_, send_to(to));
    }

private:
    using element = yield_of_t<G>;

    static auto send_to(sender<stored_of<G>>& to) {
        return [&to](G& all) -> task<> { return send(all, to); };
    }
    static task<> send(G& all, sender<stored_of<G>>& to) {
        while (auto* const item = co_await all.advance()) {
            try {
                if constexpr (std::is_reference_v<element>)
                    co_await to.send(std::as_const(*item));
                else
                    co_await to.send_from(*item);
            } catch (broken_resource const& broken) {
                throw consumer_left(broken);
            }
        }
    }

    G range_;
};

// A producer, kept by the generator that receives from it: its close stops it
// and waits for its end.
class producer {
public:
    explicit producer(task_handle<> child) noexcept
        : child_(std::move(child)) {}

    bool finished() const { return child_.done(); }
    void stop() { child_.cancel("the consumer has left"); }
    template<class = void>
    task<> close() {
        stop();
        co_await child_.wait();
    }
    // At the end of the elements: they are complete unless it was stopped.
    template<class = void>
    task<> ended() {
        co_await child_.wait();
        if (child_.status() == task_status::cancelled)
            child_.result(); // throws cancelled_error
    }

private:
    task_handle<> child_;
};

template<class T, class Work>
producer start_producer(task_group& group, Work work, sender<T> to) {
    return producer(
        group.spawn(produce<T, Work>, std::move(work), std::move(to)));
}
template<class G>
producer start_sending(task_group& group, G range, sender<stored_of<G>> to) {
    return start_producer(group, send_all_of<G>(std::move(range)),
                          std::move(to));
}

// What a producer of `group` sends, `room` elements ahead and one that waits.
template<class T, class Work>
async_generator<T> produced(task_group& group, Work work, std::size_t room) {
    auto ends = channel<T>(room);
    auto& source = co_await tether::keep(
        start_producer(group, std::move(work), std::move(ends.first)));
    while (auto item = co_await ends.second.receive())
        co_yield yield_from(*item);
    co_await source.ended();
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
