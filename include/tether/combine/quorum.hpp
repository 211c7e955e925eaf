// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is work ended as soon as enough of it has succeeded?
#ifndef TETHER_COMBINE_QUORUM_HPP
#define TETHER_COMBINE_QUORUM_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

namespace detail {

inline void check_quorum(std::size_t wanted, std::size_t legs) {
    if (wanted > legs)
        throw std::invalid_argument("quorum: " + std::to_string(wanted) +
                                    " values of " + std::to_string(legs) +
                                    " legs can never be had");
}

template<class Drop, class... Ts>
class quorum_awaiter final : public pack_legs<quorum_rule, Drop, Ts...> {
    using T = std::tuple_element_t<0, std::tuple<Ts...>>;
    static_assert(all_same<Ts...>,
                  "quorum gives a vector: all legs must have the same type");

public:
    using pack_legs<quorum_rule, Drop, Ts...>::pack_legs;

    auto await_resume() {
        this->throw_errors("quorum");
        if constexpr (!std::is_void_v<T>) {
            std::vector<alternative_t<T>> all;
            std::apply(
                [&](auto&... legs) {
                    ((legs.has_value() ? all.push_back(legs.take()) : void()),
                     ...);
                },
                this->legs());
            return all;
        }
    }
};

template<class Drop, class Source>
class quorum_of_awaiter final : public range_legs<quorum_rule, Drop, Source> {
public:
    using range_legs<quorum_rule, Drop, Source>::range_legs;
    using typename range_legs<quorum_rule, Drop, Source>::T;

    auto await_resume() {
        this->throw_errors("quorum");
        if constexpr (!std::is_void_v<T>) {
            std::vector<alternative_t<T>> all;
            for (auto& from : this->places())
                if (from.value)
                    all.push_back(std::move(*from.value));
            return all;
        }
    }
};

} // namespace detail

/// Runs all legs at the same time until `wanted` of them have given a value;
/// the others are stopped and joined.
///
/// Parameters: tasks or other awaitables of one type. `wanted` zero ends at
/// once, without starting a leg.
/// Result: a vector of the first `wanted` values, in the order of the legs;
/// nothing for void legs.
/// Errors: exception_group of the errors, in the order in which they happened,
/// as soon as fewer than `wanted` legs can still give a value;
/// std::invalid_argument when there are fewer legs than that. Errors of legs
/// are dropped if there are enough values, or go to the loop's
/// on_unhandled_error after `quorum(...).losers(loser_errors::report)`.
/// Completes when: it is decided and every leg has ended. A checkpoint only
/// where a leg is one.
/// On cancellation: stops the legs, waits for them and passes the stop on,
/// unless there are enough values all the same.
/// Never lost: other values are destroyed, or handed to `f` by
/// `quorum(...).on_undelivered(f)`.
/// Example:
/// ```
/// auto two = co_await quorum(2, read(a), read(b), read(c));
/// ```
template<class A, class... As>
    requires(awaitable<A> && ... && awaitable<As>)
[[nodiscard("co_await it")]] auto quorum(std::size_t wanted, A&& first,
                                         As&&... others) {
    detail::check_quorum(wanted, 1 + sizeof...(As));
    return detail::make_pack<detail::quorum_awaiter>(
        {.wanted = wanted}, std::forward<A>(first),
        std::forward<As>(others)...);
}

/// The same for a range of awaitables.
///
/// Parameters: a container of tasks is moved in; the range is read in the call.
/// Completes when: as above.
/// On cancellation: as above.
template<detail::leg_range R>
[[nodiscard("co_await it")]] auto quorum(std::size_t wanted, R&& work) {
    auto source = detail::listed(std::forward<R>(work));
    detail::check_quorum(wanted, source.size_hint());
    return detail::make_range<detail::quorum_of_awaiter>({.wanted = wanted},
                                                         std::move(source));
}

TETHER_END_NAMESPACE

#endif
