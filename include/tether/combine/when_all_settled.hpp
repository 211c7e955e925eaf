// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are several things done at once, when the failure of one must not end
/// the others?
#ifndef TETHER_COMBINE_WHEN_ALL_SETTLED_HPP
#define TETHER_COMBINE_WHEN_ALL_SETTLED_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/combine/when_all.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class T, class Take>
outcome<T> settle_leg(leg_result& result, Take take) {
    if (result.error)
        return outcome<T>::from_error(std::move(result.error));
    if constexpr (std::is_void_v<T>)
        return outcome<T>::from_value();
    else
        return outcome<T>::from_value(take());
}

template<class Drop, class... Ts>
class settled_awaiter final : public pack_legs<settled_rule, Drop, Ts...> {
public:
    using pack_legs<settled_rule, Drop, Ts...>::pack_legs;

    std::tuple<outcome<Ts>...> await_resume() {
        this->rethrow_forced_exit();
        return take(std::index_sequence_for<Ts...>());
    }

private:
    template<std::size_t... Is>
    std::tuple<outcome<Ts>...> take(std::index_sequence<Is...>) {
        return std::tuple<outcome<Ts>...>{
            settle_leg<Ts>(this->result_of(Is), [this]() -> decltype(auto) {
                return std::get<Is>(this->legs()).take();
            })...};
    }
};

template<class Drop, class Source>
class settled_of_awaiter final : public range_legs<settled_rule, Drop, Source> {
public:
    using range_legs<settled_rule, Drop, Source>::range_legs;
    using typename range_legs<settled_rule, Drop, Source>::T;

    std::vector<outcome<T>> await_resume() {
        this->rethrow_forced_exit();
        std::vector<outcome<T>> all;
        all.reserve(this->places().size());
        for (std::size_t i = 0; i != this->places().size(); ++i)
            all.push_back(
                settle_leg<T>(this->result_of(i), [&]() -> decltype(auto) {
                    return this->value_of(this->places()[i]);
                }));
        return all;
    }
};

} // namespace detail

/// Runs all legs at the same time; an error of a leg is part of the result and
/// ends nobody else.
///
/// Parameters: as when_all().
/// Result: a tuple of outcome<T> in the order of the arguments.
/// Errors: none of the legs'.
/// Completes when: every leg has ended. A checkpoint only where a leg is one.
/// On cancellation: stops the legs, waits for them and passes the stop on;
/// errors that legs had by then go to the loop's on_unhandled_error. If every
/// leg ended by itself all the same, the outcomes are returned.
/// Never lost: an error outcome that nobody looks at is reported; for values
/// see when_all().
/// Example:
/// ```
/// auto settled = co_await when_all_settled(fetch(a), fetch(b));
/// auto& [first, second] = settled;
/// if (first.has_error()) log(format_error(first.error()));
/// ```
template<class... As>
    requires(awaitable<As> && ...)
[[nodiscard("co_await it")]] auto when_all_settled(As&&... work) {
    return detail::make_pack<detail::settled_awaiter>(
        {}, std::forward<As>(work)...);
}

/// The same for a range of awaitables.
///
/// Parameters: a container of tasks is moved in; the range is read in the call.
/// Result: a vector of outcome<T> in the order of the range, possibly empty.
/// Completes when: every leg has ended.
/// On cancellation: as above.
template<detail::leg_range R>
[[nodiscard("co_await it")]] auto when_all_settled(R&& work) {
    return detail::make_range<detail::settled_of_awaiter>(
        {}, detail::listed(std::forward<R>(work)));
}

TETHER_END_NAMESPACE

#endif
