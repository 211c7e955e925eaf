// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are legs of different types joined without an allocation? They live in
/// the awaiter.
#ifndef TETHER_COMBINE_DETAIL_PACK_HPP
#define TETHER_COMBINE_DETAIL_PACK_HPP

#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/detail/legs.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Any awaitable as a leg.
template<class A>
auto leg_task(A&& work) {
    if constexpr (is_task<std::remove_cvref_t<A>>) {
        static_assert(!std::is_lvalue_reference_v<A>,
                      "a task is awaited once: std::move it into the "
                      "combinator, or call its function there");
        return std::move(work);
    } else {
        return to_task<std::decay_t<A>>(std::forward<A>(work));
    }
}
template<class A>
using leg_value_t = typename decltype(leg_task(std::declval<A>()))::value_type;

// What stands for a T in tuples and variants.
template<class T>
using member_t = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template<class T>
using alternative_t = std::conditional_t<
    std::is_void_v<T>, std::monostate,
    std::conditional_t<std::is_reference_v<T>,
                       std::reference_wrapper<std::remove_reference_t<T>>, T>>;

template<class T>
member_t<T> take_value(leg<T>& from) {
    if constexpr (std::is_void_v<T>)
        return std::monostate();
    else
        return from.take();
}

// Values that nobody receives are destroyed.
struct drop_values {
    template<class T>
    void operator()(T&&) const noexcept {}
};

template<class T, class Drop>
void hand_over(loop& home, Drop& drop, leg<T>& from) noexcept {
    if constexpr (!std::is_void_v<T> && !std::is_same_v<Drop, drop_values>) {
        static_assert(std::is_invocable_v<Drop&, T>,
                      "the function given to on_undelivered cannot take the "
                      "value of every leg: let it take auto&&, or overload it");
        try {
            std::invoke(drop, from.take());
        } catch (...) {
            home.unhandled(std::current_exception(), "on_undelivered threw");
        }
    }
    from.drop_value();
}

template<class Rule, class Drop, class... Ts>
class pack_legs : public Rule {
public:
    pack_legs(frame_base& frame, legs_options const& options, Drop&& drop,
              std::tuple<task<Ts>...>&& work)
        : pack_legs(frame, options, std::forward<Drop>(drop), work,
                    std::index_sequence_for<Ts...>()) {}

protected:
    static constexpr std::size_t count = sizeof...(Ts);

    ~pack_legs() = default;

    std::tuple<leg<Ts>...>& legs() noexcept { return legs_; }
    leg_base* upcoming() noexcept {
        return next_ == count ? nullptr : pointers_[next_];
    }

    leg_base* prepare_next() noexcept override {
        while (next_ != count && !this->decided() && !this->cancelled()) {
            std::size_t const index = next_++;
            if (this->launch(*pointers_[index], index))
                return pointers_[index];
            this->ended(index, leg_end::error, false, this->no_task());
        }
        return nullptr;
    }
    bool has_next() noexcept override { return next_ != count; }

    void leg_ended(leg_base& l) noexcept override {
        this->ended(l.index, l.how, l.runnable_at_decision && l.abort_sent,
                    l.take_error());
    }

private:
    template<std::size_t... Is>
    pack_legs(frame_base& frame, legs_options const& options, Drop&& drop,
              std::tuple<task<Ts>...>& work, std::index_sequence<Is...>)
        : Rule(frame, options),
          drop_(std::forward<Drop>(drop)),
          legs_(std::move(std::get<Is>(work))...),
          pointers_{&std::get<Is>(legs_)...} {
        if constexpr (Rule::keeps_results)
            this->keep_results_in(results_.data(), count);
    }

    bool settle() noexcept final {
        bool const deliver = this->decide();
        settle_values(std::index_sequence_for<Ts...>());
        return deliver;
    }
    template<std::size_t... Is>
    void settle_values(std::index_sequence<Is...>) noexcept {
        (settle_value(std::get<Is>(legs_), Is), ...);
    }
    template<class T>
    void settle_value(leg<T>& l, std::size_t index) noexcept {
        if (l.how == leg_end::unstarted)
            l.drop_unstarted();
        else if (l.has_value() && !this->delivers(index))
            hand_over(this->home(), drop_, l);
    }

    struct no_results {};

    [[no_unique_address]] Drop drop_;
    std::tuple<leg<Ts>...> legs_;
    std::array<leg_base*, count> pointers_;
    std::size_t next_ = 0;
    [[no_unique_address]] std::conditional_t<Rule::keeps_results,
                                             std::array<leg_result, count>,
                                             no_results> results_;
};

// One of several results: the common type, or a variant with one alternative
// for each leg.
template<class T, class... Ts>
inline constexpr bool all_same = (std::is_same_v<T, Ts> && ...);
template<class T, class... Ts>
struct one_of {
    using type = std::conditional_t<
        all_same<T, Ts...>, T,
        std::variant<alternative_t<T>, alternative_t<Ts>...>>;
};
template<class... Ts>
using one_of_t = typename one_of<Ts...>::type;

template<std::size_t Index = 0, class... Ts>
one_of_t<Ts...> take_one(std::tuple<leg<Ts>...>& legs, std::size_t index) {
    if constexpr (Index + 1 < sizeof...(Ts)) {
        if (index != Index)
            return take_one<Index + 1>(legs, index);
    }
    if constexpr (all_same<Ts...>)
        return std::get<Index>(legs).take();
    else
        return one_of_t<Ts...>(std::in_place_index<Index>,
                               take_value(std::get<Index>(legs)));
}

// What a verb returns: the legs, not started, until it is awaited.
template<template<class, class...> class Awaiter, class Drop, class... Ts>
class [[nodiscard("legs start when they are awaited: co_await it")]] pack_op {
public:
    pack_op(legs_options const& options, Drop&& drop,
            std::tuple<task<Ts>...>&& work)
        : options_(options),
          drop_(std::forward<Drop>(drop)),
          work_(std::move(work)) {}

    auto make_awaiter(frame_base& frame) && {
        return Awaiter<Drop, Ts...>(frame, options_, std::forward<Drop>(drop_),
                                    std::move(work_));
    }

    // Documented with each verb.
    template<class F>
    [[nodiscard("co_await it")]] auto on_undelivered(F&& f) && {
        TETHER_CHECK_BODY(F);
        return pack_op<Awaiter, F, Ts...>(options_, std::forward<F>(f),
                                          std::move(work_));
    }
    [[nodiscard("co_await it")]] pack_op losers(loser_errors what) && {
        options_.losers = what;
        return std::move(*this);
    }

private:
    legs_options options_;
    [[no_unique_address]] Drop drop_;
    std::tuple<task<Ts>...> work_;
};

template<template<class, class...> class Awaiter, class... As>
auto make_pack(legs_options const& options, As&&... work) {
    return pack_op<Awaiter, drop_values, leg_value_t<As>...>(
        options, drop_values{},
        std::tuple<task<leg_value_t<As>>...>(
            leg_task(std::forward<As>(work))...));
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
