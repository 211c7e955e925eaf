// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which of several things succeeds first?
#ifndef TETHER_COMBINE_ANY_SUCCESS_HPP
#define TETHER_COMBINE_ANY_SUCCESS_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class Drop, class... Ts>
class any_success_awaiter final : public pack_legs<quorum_rule, Drop, Ts...> {
public:
    using pack_legs<quorum_rule, Drop, Ts...>::pack_legs;

    one_of_t<Ts...> await_resume() {
        this->throw_errors("any_success");
        return take_one(this->legs(), this->winner());
    }
};

template<class Drop, class Source>
class any_success_of_awaiter final
    : public range_legs<quorum_rule, Drop, Source> {
public:
    using range_legs<quorum_rule, Drop, Source>::range_legs;
    using typename range_legs<quorum_rule, Drop, Source>::T;

    T await_resume() {
        this->throw_errors("any_success");
        return this->value_of(this->places()[this->winner()]);
    }
};

} // namespace detail

/// Runs all legs at the same time until one has given a value; the others are
/// stopped and joined.
///
/// Parameters: at least one task or other awaitable.
/// Result: the first value; of legs with different types a std::variant, as
/// with race().
/// Errors: exception_group of all errors, in the order in which they happened,
/// if no leg gave a value. Otherwise errors of legs are dropped, or go to the
/// loop's on_unhandled_error after
/// `any_success(...).losers(loser_errors::report)`.
/// Completes when: a leg gave a value and the others have stopped, or all have
/// failed. A checkpoint only where a leg is one.
/// On cancellation: stops the legs, waits for them and passes the stop on,
/// unless one gave a value all the same.
/// Never lost: values of other legs are destroyed, or handed to `f` by
/// `any_success(...).on_undelivered(f)`; `f` must take the value of every leg.
/// Example:
/// ```
/// auto page = co_await any_success(fetch(mirror_a), fetch(mirror_b));
/// ```
/// Source: JavaScript's Promise.any.
template<class A, class... As>
    requires(awaitable<A> && ... && awaitable<As>)
[[nodiscard("co_await it")]] auto any_success(A&& first, As&&... others) {
    return detail::make_pack<detail::any_success_awaiter>(
        {}, std::forward<A>(first), std::forward<As>(others)...);
}

/// The same for a range of awaitables.
///
/// Parameters: a container of tasks is moved in; the range is read in the call.
/// Errors: std::invalid_argument for an empty range.
/// Completes when: as above.
/// On cancellation: as above.
template<detail::leg_range R>
[[nodiscard("co_await it")]] auto any_success(R&& work) {
    return detail::make_range<detail::any_success_of_awaiter>(
        {}, detail::listed(std::forward<R>(work), 1, "any_success"));
}

TETHER_END_NAMESPACE

#endif
