// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a generator followed at another pace than its own? debounce, sample,
/// window, and chunk with a bound in time.
#ifndef TETHER_STREAM_ADAPTORS_PACING_HPP
#define TETHER_STREAM_ADAPTORS_PACING_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/detail/adaptor.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/this_task.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class G>
async_generator<stored_of<G>> debounce_elements(G range, task_group& group,
                                                duration quiet) {
    auto ends = channel<stored_of<G>>();
    auto& source = co_await tether::keep(
        start_sending(group, std::move(range), std::move(ends.first)));
    auto last = co_await ends.second.receive();
    while (last) {
        auto more = co_await move_on_after(quiet, ends.second.receive());
        if (!more || !*more)
            co_yield yield_from(*last);
        if (more)
            last = std::move(*more);
        else
            last = co_await ends.second.receive();
    }
    co_await source.ended();
}

inline constexpr std::size_t unbounded_part =
    (std::numeric_limits<std::size_t>::max)();

// Gathers up to `n` elements until `wait` after the first one, or after the
// end of the part before.
template<class G>
async_generator<std::vector<stored_of<G>>>
gather_elements(G range, task_group& group, std::size_t n, duration wait,
                bool from_first) {
    using part = std::vector<stored_of<G>>;
    auto ends = channel<stored_of<G>>();
    auto& source = co_await tether::keep(
        start_sending(group, std::move(range), std::move(ends.first)));
    part now;
    bool more = true;
    time_point due = saturated_add(this_task::now(), wait);
    while (more) {
        if (from_first && now.empty()) {
            auto item = co_await ends.second.receive();
            if (!item)
                break;
            now.push_back(std::move(*item));
            due = saturated_add(this_task::now(), wait);
        }
        bool late = false;
        if (now.size() < n) {
            auto item = co_await move_on_at(due, ends.second.receive());
            late = !item;
            if (!late) {
                more = item->has_value();
                if (more)
                    now.push_back(std::move(**item));
            }
        }
        if (late)
            due = saturated_add(due, wait);
        if (late || !more || now.size() >= n) {
            if (!now.empty() || (late && !from_first))
                co_yield yield_from(now);
            now.clear(); // also after a move
        }
    }
    co_await source.ended();
}

template<class G>
async_generator<stored_of<G>> sample_elements(G range, task_group& group,
                                              duration period) {
    auto ends = channel<stored_of<G>>();
    auto& source = co_await tether::keep(
        start_sending(group, std::move(range), std::move(ends.first)));
    std::optional<stored_of<G>> last;
    time_point due = saturated_add(this_task::now(), period);
    for (;;) {
        auto item = co_await move_on_at(due, ends.second.receive());
        if (item) {
            if (!*item)
                break;
            last = std::move(*item);
            continue;
        }
        due = saturated_add(due, period);
        if (last) {
            co_yield yield_from(*last);
            last.reset();
        }
    }
    co_await source.ended();
}

} // namespace detail

/// Lets an element through once no other has come for `quiet`, and the last
/// one.
///
/// Parameters: `group` owns the task that asks the generator meanwhile, as for
/// buffer(), here and below.
/// Errors: as buffer(), here and below; what is held back or gathered then is
/// dropped. std::invalid_argument for a negative duration.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
debounce(task_group& group, std::chrono::duration<Rep, Period> quiet) {
    auto const d = detail::to_loop_duration(quiet, "debounce");
    return detail::adaptor([&group, d]<class G>(G range) {
        return detail::debounce_elements(std::move(range), group, d);
    });
}

/// Lets the latest element through at the end of every `period` in which one
/// came.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
sample(task_group& group, std::chrono::duration<Rep, Period> period) {
    auto const d = detail::to_loop_duration(period, "sample");
    return detail::adaptor([&group, d]<class G>(G range) {
        return detail::sample_elements(std::move(range), group, d);
    });
}

/// Gathers the elements of every `period` in a vector, which may be empty.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
window(task_group& group, std::chrono::duration<Rep, Period> period) {
    auto const d = detail::to_loop_duration(period, "window");
    return detail::adaptor([&group, d]<class G>(G range) {
        return detail::gather_elements(std::move(range), group,
                                       detail::unbounded_part, d, false);
    });
}

/// Gathers `n` elements at a time in a vector, or fewer when `max_wait` is over
/// since the first of them came.
///
/// Errors: std::invalid_argument when `n` is zero.
template<class Rep, class Period>
[[nodiscard("pipe a generator into it")]] auto
chunk(task_group& group, std::size_t n,
      std::chrono::duration<Rep, Period> max_wait) {
    if (n == 0)
        throw std::invalid_argument("chunk: the size is zero");
    auto const d = detail::to_loop_duration(max_wait, "chunk");
    return detail::adaptor([&group, n, d]<class G>(G range) {
        return detail::gather_elements(std::move(range), group, n, d, true);
    });
}

TETHER_END_NAMESPACE

#endif
