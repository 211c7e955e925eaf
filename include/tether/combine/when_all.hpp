// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are several things done at once, when all of their results are needed?
#ifndef TETHER_COMBINE_WHEN_ALL_HPP
#define TETHER_COMBINE_WHEN_ALL_HPP

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
class when_all_awaiter final : public pack_legs<all_rule, Drop, Ts...> {
public:
    using pack_legs<all_rule, Drop, Ts...>::pack_legs;

    std::tuple<member_t<Ts>...> await_resume() {
        this->throw_errors("when_all");
        return std::apply(
            [](leg<Ts>&... legs) {
                return std::tuple<member_t<Ts>...>{take_value(legs)...};
            },
            this->legs());
    }
};

// Shared by the verbs that give one value per element.
template<class Rule, class Drop, class Source>
class every_element : public range_legs<Rule, Drop, Source> {
public:
    using range_legs<Rule, Drop, Source>::range_legs;
    using typename range_legs<Rule, Drop, Source>::T;

protected:
    ~every_element() = default;

    auto take_all() {
        if constexpr (!std::is_void_v<T>) {
            std::vector<alternative_t<T>> all;
            all.reserve(this->places().size());
            for (auto& from : this->places())
                all.push_back(std::move(*from.value));
            return all;
        }
    }
};

template<class Drop, class Source>
class when_all_of_awaiter final : public every_element<all_rule, Drop, Source> {
public:
    using every_element<all_rule, Drop, Source>::every_element;

    auto await_resume() {
        this->throw_errors("when_all");
        return this->take_all();
    }
};

} // namespace detail

/// Runs all legs at the same time and waits for all of them.
///
/// Parameters: tasks or other awaitables, of any types. The legs start in
/// place, from left to right, each up to where it first waits.
/// Result: a tuple in the order of the arguments, whatever ended first; a void
/// leg gives std::monostate. No legs give an empty tuple.
/// Errors: exception_group of all errors of the legs, in the order in which
/// they happened and named "leg 0", "leg 1", ...; the first one stops the other
/// legs, and is thrown when they have ended. collapse() unwraps a single one.
/// Completes when: every leg has ended. A checkpoint only where a leg is one.
/// On cancellation: stops the legs, waits for them and passes the stop on; legs
/// that were not started are destroyed. If every leg still produced its value,
/// the values are returned.
/// Never lost: values of legs whose siblings failed or were stopped are
/// destroyed, or handed to `f` by `when_all(...).on_undelivered(f)`; `f` must
/// take the value of every leg.
/// Example:
/// ```
/// auto all = co_await when_all(fetch_user(id), fetch_orders(id));
/// auto& [user, orders] = all;
/// ```
template<class... As>
    requires(awaitable<As> && ...)
[[nodiscard("co_await it")]] auto when_all(As&&... work) {
    return detail::make_pack<detail::when_all_awaiter>(
        {}, std::forward<As>(work)...);
}

/// The same for a range of awaitables, which is read one by one while the legs
/// start.
///
/// Parameters: a container of tasks is moved in; a view that makes them is read
/// lazily.
/// Result: a vector in the order of the range (for references of
/// std::reference_wrapper); nothing for void legs. An empty range gives an
/// empty vector.
/// Completes when: every leg has ended.
/// On cancellation: as above; the range is not read any further.
template<detail::leg_range R>
[[nodiscard("co_await it")]] auto when_all(R&& work) {
    return detail::make_range<detail::when_all_of_awaiter>(
        {}, detail::task_source<R>(std::forward<R>(work)));
}

TETHER_END_NAMESPACE

#endif
