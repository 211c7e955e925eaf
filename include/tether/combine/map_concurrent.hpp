// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a function run over many elements, a few at a time?
#ifndef TETHER_COMBINE_MAP_CONCURRENT_HPP
#define TETHER_COMBINE_MAP_CONCURRENT_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/combine/when_all.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class Drop, class Source>
class map_awaiter final : public every_element<all_rule, Drop, Source> {
public:
    using every_element<all_rule, Drop, Source>::every_element;

    auto await_resume() {
        this->throw_errors("map_concurrent");
        return this->take_all();
    }
};

inline legs_options limited(std::size_t limit, char const* verb) {
    if (limit == 0)
        throw std::invalid_argument(
            std::string(verb) +
            ": the limit is 0, so no element could ever run");
    return {.limit = limit};
}

} // namespace detail

/// Calls `fn` for the elements of a range, at most `limit` of them at a time.
///
/// Parameters: `range` may be an input range of move-only elements; an lvalue
/// is used in place. It is read one by one, when there is room. `fn` is a
/// coroutine function, an lvalue is used in place; it gets elements of a
/// container that is an lvalue by reference, and others as rvalues that live
/// until its task has ended.
/// Result: a vector of the results in the order of the range.
/// Errors: exception_group of all errors; the first one ends the reading and
/// stops the others. An error of the range itself counts as well.
/// std::invalid_argument when `limit` is zero.
/// Completes when: every element is done. A checkpoint only where `fn` is one.
/// On cancellation: stops the reading and the elements in work, waits for them
/// and passes the stop on.
/// Never lost: results of a map that failed or was stopped are destroyed, or
/// handed to `f` by `map_concurrent(...).on_undelivered(f)`.
/// Example:
/// ```
/// auto pages = co_await map_concurrent(urls, 10, fetch);
/// ```
template<std::ranges::input_range R, class F>
[[nodiscard("co_await it")]] auto map_concurrent(R&& range, std::size_t limit,
                                                 F&& fn) {
    TETHER_CHECK_BODY(F);
    using source = detail::mapped_source<R, F>;
    static_assert(!std::is_void_v<typename source::value_type>,
                  "the function gives no value: use for_each_concurrent");
    return detail::make_range<detail::map_awaiter>(
        detail::limited(limit, "map_concurrent"),
        source(std::forward<R>(range), std::forward<F>(fn)));
}

TETHER_END_NAMESPACE

#endif
