// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What if copying or moving a value throws? A wrapper whose copies and moves
/// fail when fault_sweep() wants it.
#ifndef TETHER_TESTING_THROWING_HPP
#define TETHER_TESTING_THROWING_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

// Outside of a task, or without a sweep, nothing fails.
inline void may_fail(tether::detail::fault what, std::size_t size) {
    tether::detail::loop* const l = tether::detail::running_loop();
    if (l && l->current() && l->hooks())
        l->hooks()->may_throw(what, size);
}

} // namespace detail

/// A `T` whose copies and moves, constructing and assigning, are points of
/// fault_sweep().
///
/// Invariant: a failed copy or move leaves both sides as they were.
/// Errors: injected_fault from copies and moves, in a sweep only.
/// Threads: those of a `T`.
/// Example:
/// ```
/// fault_sweep([]() -> task<> {
///     auto const both = co_await when_all(load(1), load(2));
/// }); // where load() returns a throwing<std::string>
/// ```
template<class T>
class throwing {
public:
    throwing() = default;
    /// The value itself is made without a point.
    template<class U = T>
        requires(std::constructible_from<T, U> &&
                 !std::same_as<std::remove_cvref_t<U>, throwing>)
    // NOLINTNEXTLINE(google-explicit-constructor): stands in for a T
    throwing(U&& value) : value_(std::forward<U>(value)) {}

    throwing(throwing const& other) : value_(checked(other).value_) {}
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): it throws
    throwing(throwing&& other) : value_(std::move(checked(other).value_)) {}
    throwing& operator=(throwing const& other) {
        value_ = checked(other).value_;
        return *this;
    }
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): it throws
    throwing& operator=(throwing&& other) {
        value_ = std::move(checked(other).value_);
        return *this;
    }
    ~throwing() = default;

    /// The wrapped value.
    T& value() noexcept { return value_; }
    /// The same, constant.
    T const& value() const noexcept { return value_; }

    friend bool operator==(throwing const& a, throwing const& b) {
        return a.value_ == b.value_;
    }

private:
    template<class Self>
    static Self& checked(Self& other) {
        detail::may_fail(tether::detail::fault::copy, 0);
        return other;
    }

    T value_{};
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
