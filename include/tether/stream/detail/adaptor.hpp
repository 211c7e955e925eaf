// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What stands behind the bar of `gen | filter(p)`? A function from generator
/// to generator, and how the functions of users are called.
#ifndef TETHER_STREAM_DETAIL_ADAPTOR_HPP
#define TETHER_STREAM_DETAIL_ADAPTOR_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/awaitable.hpp>

#include <functional>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class F>
class [[nodiscard(
    "an adaptor does nothing by itself: write gen | adaptor")]] adaptor {
public:
    explicit adaptor(F fn) : fn_(std::move(fn)) {}

    template<async_range G>
    friend auto operator|(G&& range, adaptor with) {
        static_assert(!std::is_lvalue_reference_v<G>,
                      "an adaptor takes the generator over: write "
                      "std::move(gen) | ...");
        return std::move(with.fn_)(std::move(range));
    }

private:
    F fn_;
};

// What a user's function gives, after the await if it is asynchronous.
template<class F, class... Args>
struct applied {
    using type = std::invoke_result_t<F&, Args...>;
    static constexpr bool awaited = false;
};
template<class F, class... Args>
    requires awaitable<std::invoke_result_t<F&, Args...>>
struct applied<F, Args...> {
    using type = await_result_t<std::invoke_result_t<F&, Args...>>;
    static constexpr bool awaited = true;
};
template<class F, class... Args>
using applied_t = typename applied<F, Args...>::type;
template<class F, class... Args>
inline constexpr bool awaits = applied<F, Args...>::awaited;

// An element as functions see it that must not change it.
template<class G>
using seen = element_of<G> const&;

// The keeping of one generator after the other: what has ended goes.
template<class G>
keep_op<G> keep_instead(G range) {
    return keep_op<G>(std::move(range), true);
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
