// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which of several things ends first?
#ifndef TETHER_COMBINE_RACE_HPP
#define TETHER_COMBINE_RACE_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/range.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE

namespace detail {

template<class Drop, class... Ts>
class race_awaiter final : public pack_legs<race_rule, Drop, Ts...> {
public:
    using pack_legs<race_rule, Drop, Ts...>::pack_legs;

    one_of_t<Ts...> await_resume() {
        this->rethrow_forced_exit();
        leg_result& first = this->result_of(this->winner());
        if (first.error)
            std::rethrow_exception(std::exchange(first.error, nullptr));
        return take_one(this->legs(), this->winner());
    }
};

template<class Drop, class Source>
class race_of_awaiter final : public range_legs<race_rule, Drop, Source> {
public:
    using range_legs<race_rule, Drop, Source>::range_legs;
    using typename range_legs<race_rule, Drop, Source>::T;

    T await_resume() {
        this->rethrow_forced_exit();
        leg_result& first = this->result_of(this->winner());
        if (first.error)
            std::rethrow_exception(std::exchange(first.error, nullptr));
        return this->value_of(this->places()[this->winner()]);
    }
};

inline constexpr legs_options race_options{.losers = loser_errors::report};

} // namespace detail

/// Runs all legs at the same time until the first one has ended, be it with a
/// value or with an error; the others are stopped and joined.
///
/// Parameters: at least one task or other awaitable. Legs start from left to
/// right; once one has ended, the rest are destroyed unstarted.
/// Result: the value of the leg that ended first. If legs have different types,
/// a std::variant with one alternative for each leg, in their order
/// (std::monostate for void). If several end in the same turn of the loop, the
/// leftmost of them counts.
/// Errors: the error of the leg that ended first, as it was thrown. Errors of
/// the others go to the loop's on_unhandled_error, or nowhere after
/// `race(...).losers(loser_errors::ignore)`. For the first value instead of
/// the first end, see any_success().
/// Completes when: the first leg has ended and the others have stopped.
/// A checkpoint only where a leg is one.
/// On cancellation: stops the legs, waits for them and passes the stop on,
/// unless one ended by itself all the same.
/// Never lost: values of other legs are destroyed, or handed to `f` by
/// `race(...).on_undelivered(f)`; `f` must take the value of every leg.
/// Example:
/// ```
/// auto answer = co_await race(ask(primary), ask(mirror));
/// ```
template<class A, class... As>
    requires(awaitable<A> && ... && awaitable<As>)
[[nodiscard("co_await it")]] auto race(A&& first, As&&... others) {
    return detail::make_pack<detail::race_awaiter>(detail::race_options,
                                                   std::forward<A>(first),
                                                   std::forward<As>(others)...);
}

/// The same for a range of awaitables.
///
/// Parameters: a container of tasks is moved in; the range is read in the call.
/// Errors: std::invalid_argument for an empty range, of which none can end.
/// Completes when: as above.
/// On cancellation: as above.
template<detail::leg_range R>
[[nodiscard("co_await it")]] auto race(R&& work) {
    return detail::make_range<detail::race_of_awaiter>(
        detail::race_options, detail::listed(std::forward<R>(work), 1, "race"));
}

TETHER_END_NAMESPACE

#endif
