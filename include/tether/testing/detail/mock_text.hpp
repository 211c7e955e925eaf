// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an argument look in a report, and is it the expected one?
#ifndef TETHER_TESTING_DETAIL_MOCK_TEXT_HPP
#define TETHER_TESTING_DETAIL_MOCK_TEXT_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/detail/type_text.hpp>
#include <tether/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// What is kept of an argument: a value where that is possible, text of what
// would dangle, a reference of what cannot be copied.
template<class Arg>
struct kept {
    using plain = std::remove_cvref_t<Arg>;
    using type = std::conditional_t<
        std::is_convertible_v<plain const&, std::string_view>, std::string,
        std::conditional_t<
            std::is_constructible_v<plain, Arg&&>, plain,
            std::reference_wrapper<std::remove_reference_t<Arg>>>>;
};
template<class Arg>
using kept_t = typename kept<Arg>::type;

template<class T>
T const& looked_at(T const& value) noexcept {
    return value;
}
template<class T>
T const& looked_at(std::reference_wrapper<T> const& value) noexcept {
    return value.get();
}

template<class T>
concept printable = requires(std::ostream& out, T const& value) {
    { out << value } -> std::same_as<std::ostream&>;
};

template<class T>
std::string text_of(T const& value) {
    std::string out;
    if constexpr (std::is_same_v<T, bool>) {
        out = value ? "true" : "false";
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        tether::detail::append_quoted(out, std::string_view(value));
    } else if constexpr (printable<T>) {
        std::ostringstream stream;
        stream << value;
        out = std::move(stream).str();
    } else {
        out = "a " + tether::detail::type_text(typeid(T));
    }
    return out;
}

template<class... Ts>
std::string list_text(std::tuple<Ts...> const& values) {
    std::string out = "(";
    std::apply(
        [&](Ts const&... each) {
            [[maybe_unused]] std::size_t n = 0;
            ((out += (n++ == 0 ? "" : ", ") + text_of(looked_at(each))), ...);
        },
        values);
    return out + ")";
}

template<class T>
concept number =
    std::integral<T> && requires(T value) { std::cmp_equal(value, value); };

// An expectation is a value, or a function that says whether it fits.
template<class Expected, class Actual>
bool fits(Expected const& expected, Actual const& actual) {
    if constexpr (std::predicate<Expected const&, Actual const&>)
        return std::invoke(expected, actual);
    else if constexpr (number<Expected> && number<Actual>)
        return std::cmp_equal(actual, expected);
    else
        return actual == expected;
}

template<class... Es, class... Ts>
bool all_fit(std::tuple<Es const&...> const& expected,
             std::tuple<Ts...> const& actual) {
    static_assert(sizeof...(Es) == sizeof...(Ts),
                  "an assertion names as many arguments as the double has");
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (fits(std::get<Index>(expected),
                     looked_at(std::get<Index>(actual))) &&
                ...);
    }(std::index_sequence_for<Ts...>());
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
