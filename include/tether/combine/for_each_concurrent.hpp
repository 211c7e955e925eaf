// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is something done for many elements, a few at a time?
#ifndef TETHER_COMBINE_FOR_EACH_CONCURRENT_HPP
#define TETHER_COMBINE_FOR_EACH_CONCURRENT_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/combine/map_concurrent.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <ranges>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class Drop, class Source>
class for_each_awaiter final : public range_legs<all_rule, Drop, Source> {
public:
    using range_legs<all_rule, Drop, Source>::range_legs;

    void await_resume() { this->throw_errors("for_each_concurrent"); }
};

} // namespace detail

/// map_concurrent() without results: calls `fn` for the elements of a range, at
/// most `limit` of them at a time. Its memory does not grow with the range.
///
/// Parameters: as map_concurrent(); `fn` gives a task<void>.
/// Errors: as map_concurrent().
/// Completes when: every element is done. A checkpoint only where `fn` is one.
/// On cancellation: as map_concurrent().
/// Example:
/// ```
/// co_await for_each_concurrent(urls, 10, save);
/// ```
template<std::ranges::input_range R, class F>
[[nodiscard("co_await it")]] auto
for_each_concurrent(R&& range, std::size_t limit, F&& fn) {
    TETHER_CHECK_BODY(F);
    using source = detail::mapped_source<R, F>;
    static_assert(std::is_void_v<typename source::value_type>,
                  "the function gives a value that would be lost: use "
                  "map_concurrent, or let it return task<>");
    return detail::make_range<detail::for_each_awaiter>(
        detail::limited(limit, "for_each_concurrent"),
        source(std::forward<R>(range), std::forward<F>(fn)));
}

TETHER_END_NAMESPACE

#endif
