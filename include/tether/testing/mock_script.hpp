// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does a double do when it is called? Steps of a script: values, errors,
/// delays and hangs.
#ifndef TETHER_TESTING_MOCK_SCRIPT_HPP
#define TETHER_TESTING_MOCK_SCRIPT_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

template<class V>
struct value_step {
    V value;
};
template<>
struct value_step<void> {};
struct error_step {
    std::exception_ptr error;
};
struct delay_step {
    tether::detail::duration time;
};
struct hang_step {};

} // namespace detail

/// A call ends with this value.
template<class V>
[[nodiscard]] detail::value_step<std::decay_t<V>> value(V&& v) {
    return {std::forward<V>(v)};
}
/// The same for a double of task<>.
[[nodiscard]] inline detail::value_step<void> value() noexcept {
    return {};
}

/// A call ends with this error.
///
/// Parameters: an exception object, or a std::exception_ptr that is not null.
template<class E>
[[nodiscard]] detail::error_step error(E&& e) {
    if constexpr (std::is_same_v<std::decay_t<E>, std::exception_ptr>)
        return {std::forward<E>(e)};
    else
        return {std::make_exception_ptr(std::forward<E>(e))};
}

/// The call that the next step is for takes this long, by the clock of the
/// loop.
///
/// Errors: std::invalid_argument for a negative duration.
template<class Rep, class Period>
[[nodiscard]] detail::delay_step delay(std::chrono::duration<Rep, Period> d) {
    return {tether::detail::to_loop_duration(d, "delay")};
}

/// A call never ends: it waits until it is cancelled.
[[nodiscard]] inline detail::hang_step hang() noexcept {
    return {};
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
