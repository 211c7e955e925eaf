// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does an Asio completion signature mean for the task that awaits it?
/// Errors are thrown, the rest is the value.
#ifndef TETHER_TASK_DETAIL_COMPLETION_HPP
#define TETHER_TASK_DETAIL_COMPLETION_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cstring>
#include <exception>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE
namespace detail {

// An error code that only means "you cancelled me". Asio's experimental
// channels have a code of their own for it, known by its name alone because
// no guarantee may rest on experimental headers.
inline bool means_cancelled(boost::system::error_code const& code) noexcept {
    if (code == boost::system::errc::operation_canceled)
        return true;
    return code.value() == 2 &&
           std::strcmp(code.category().name(), "asio.channel") == 0;
}

inline bool means_cancelled(std::exception_ptr const& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        return means_cancelled(e.code());
    } catch (std::system_error const& e) {
        return e.code() == std::errc::operation_canceled;
    } catch (cancelled_error const&) {
        return true;
    } catch (...) {
        return false;
    }
}

inline bool is_error(boost::system::error_code const& code) noexcept {
    return code.failed();
}
inline bool is_error(std::error_code const& code) noexcept {
    return static_cast<bool>(code);
}
inline bool is_error(std::exception_ptr const& error) noexcept {
    return error != nullptr;
}

// The ref-qualified and noexcept forms of a signature mean the same.
template<class Sig>
struct plain_signature;
template<class... As>
struct plain_signature<void(As...)> {
    using type = void(As...);
};
template<class... As>
struct plain_signature<void(As...)&> : plain_signature<void(As...)> {};
template<class... As>
struct plain_signature<void(As...) &&> : plain_signature<void(As...)> {};
template<class... As>
struct plain_signature<void(As...) noexcept> : plain_signature<void(As...)> {};
template<class... As>
struct plain_signature<void(As...) & noexcept> : plain_signature<void(As...)> {
};
template<class... As>
struct plain_signature<void(As...) && noexcept> : plain_signature<void(As...)> {
};

template<class E>
inline constexpr bool is_error_type =
    std::is_same_v<E, boost::system::error_code> ||
    std::is_same_v<E, std::error_code> || std::is_same_v<E, std::exception_ptr>;

template<class... As>
inline constexpr bool has_error = false;
template<class E, class... As>
inline constexpr bool has_error<E, As...> = is_error_type<std::decay_t<E>>;

template<class... As>
struct values_of {
    using type = std::tuple<std::decay_t<As>...>;
};
template<class A>
struct values_of<A> {
    using type = std::decay_t<A>;
};
template<>
struct values_of<> {
    using type = void;
};

template<class Sig>
struct value_of_signature;
template<class... As>
struct value_of_signature<void(As...)> : values_of<As...> {};
template<class E, class... As>
    requires is_error_type<std::decay_t<E>>
struct value_of_signature<void(E, As...)> : values_of<As...> {};

// Several signatures: their common value type, else a variant of the distinct
// ones, in which void is std::monostate.
template<class T>
using not_void = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template<class List, class... Ts>
struct distinct;
template<class... Us>
struct distinct<std::variant<Us...>> {
    using type = std::variant<Us...>;
};
template<class... Us, class T, class... Ts>
struct distinct<std::variant<Us...>, T, Ts...>
    : std::conditional_t<(std::is_same_v<Us, T> || ...),
                         distinct<std::variant<Us...>, Ts...>,
                         distinct<std::variant<Us..., T>, Ts...>> {};

template<class T, class... Ts>
struct merged_value {
    using type =
        typename distinct<std::variant<>, not_void<T>, not_void<Ts>...>::type;
};
template<class T, class... Ts>
    requires(std::is_same_v<T, Ts> && ...)
struct merged_value<T, Ts...> {
    using type = T;
};

template<class... Sigs>
using completion_value_t =
    typename merged_value<typename value_of_signature<Sigs>::type...>::type;

} // namespace detail
TETHER_END_NAMESPACE

#endif
