// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How did a piece of work end: with a value, with an error, or cancelled?
#ifndef TETHER_CORE_OUTCOME_HPP
#define TETHER_CORE_OUTCOME_HPP

#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/current_loop.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE

template<class T>
class outcome;

namespace detail {

// What an outcome stores in place of T.
template<class T>
struct outcome_slot {
    template<class... Args>
    explicit outcome_slot(std::in_place_t, Args&&... args)
        : value(std::forward<Args>(args)...) {}
    T value;
};
template<class T>
struct outcome_slot<T&> {
    explicit outcome_slot(std::in_place_t, T& target) noexcept
        : value(std::addressof(target)) {}
    T* value;
};
template<class T>
    requires std::is_void_v<T>
struct outcome_slot<T> {
    explicit outcome_slot(std::in_place_t) noexcept {}
};

// Goes to "read" when moved from, so that outcome can default its moves.
struct unread_mark {
    explicit unread_mark(bool is_unread) noexcept : unread(is_unread) {}
    unread_mark(unread_mark&& other) noexcept
        : unread(std::exchange(other.unread, false)) {}
    unread_mark& operator=(unread_mark&& other) noexcept {
        unread = std::exchange(other.unread, false);
        return *this;
    }
    bool unread;
};

template<class T>
inline constexpr bool is_outcome = false;
template<class T>
inline constexpr bool is_outcome<outcome<T>> = true;

template<class F, class T>
struct outcome_call {
    using type = std::invoke_result_t<F, T>;
};
template<class F, class T>
    requires std::is_void_v<T>
struct outcome_call<F, T> {
    using type = std::invoke_result_t<F>;
};

} // namespace detail

/// How a piece of work ended: a value, an error, or cancelled. The value form
/// of what awaiting it directly would have done.
///
/// Invariant: exactly one of `has_value()`, `has_error()`, `is_cancelled()`.
/// Parameters: `T` may be void, a reference, move-only, not default
/// constructible. The outcome owns what it holds; it moves and does not copy,
/// so that an error has one owner.
/// Never lost: an error outcome that is destroyed or assigned over without
/// anybody having looked at the error is reported once to the error sink of
/// the running loop. Looking is `has_error()`, `error()`, `value()` and its
/// kin (they throw it), `value_or()`, `transform` and `and_then` (they pass it
/// on), `ignore()`. Asking only `has_value()`, `is_cancelled()` or `bool` is
/// not: `if (o) use(*o);` is the very way to lose an error.
/// Threads: a plain value.
/// Example:
/// ```
/// auto settled = co_await when_all_settled(fetch(a), fetch(b));
/// auto& [first, second] = settled;
/// if (first.has_error()) log(format_error(first.error()));
/// else if (first) use(*first);
/// ```
template<class T>
class [[nodiscard("an outcome may hold an error; look at it or call "
                  "ignore()")]] outcome {
    static_assert(!std::is_rvalue_reference_v<T>,
                  "outcome<T&&> would dangle: use outcome<T>");

    using storage = std::variant<detail::outcome_slot<T>, std::exception_ptr,
                                 cancel_reason>;

public:
    using value_type = T;

    /// Makes the value in place from `args`; for `T&` from the referred
    /// object, for void from nothing.
    template<class... Args>
        requires std::constructible_from<detail::outcome_slot<T>,
                                         std::in_place_t, Args...>
    [[nodiscard]] static outcome from_value(Args&&... args) {
        return outcome(std::in_place_index<0>, std::in_place,
                       std::forward<Args>(args)...);
    }
    /// Errors: `std::invalid_argument` when `error` is null.
    [[nodiscard]] static outcome from_error(std::exception_ptr error) {
        if (!error)
            throw std::invalid_argument(
                "outcome::from_error needs an exception, got null");
        return outcome(std::in_place_index<1>, std::move(error));
    }
    /// An outcome without value and error, because of `why`.
    [[nodiscard]] static outcome from_cancelled(cancel_reason why) {
        return outcome(std::in_place_index<2>, std::move(why));
    }

    outcome(outcome&&) = default;
    outcome& operator=(outcome&& other) noexcept(
        std::is_nothrow_move_assignable_v<storage>) {
        if (this != &other) {
            report_if_unread();
            storage_ = std::move(other.storage_);
            mark_ = std::move(other.mark_);
        }
        return *this;
    }
    ~outcome() { report_if_unread(); }

    /// The work produced a value.
    [[nodiscard]] bool has_value() const noexcept {
        return storage_.index() == 0;
    }
    /// Counts as looking at the error.
    [[nodiscard]] bool has_error() const noexcept {
        mark_.unread = false;
        return storage_.index() == 1;
    }
    /// The work was stopped.
    [[nodiscard]] bool is_cancelled() const noexcept {
        return storage_.index() == 2;
    }
    [[nodiscard]] explicit operator bool() const noexcept {
        return has_value();
    }

    /// Result: the value.
    /// Errors: the error itself when it failed, `cancelled_error` when it was
    /// cancelled.
    std::add_lvalue_reference_t<T> value() & { return get(*this); }
    /// The same for an outcome that is const.
    std::add_lvalue_reference_t<std::add_const_t<T>> value() const& {
        return get(*this);
    }
    /// The same, moved out.
    T value() && {
        if constexpr (std::is_void_v<T> || std::is_reference_v<T>)
            return get(*this);
        else
            return std::move(get(*this));
    }
    /// The same as `value()`: an absent value is an exception, not undefined.
    decltype(auto) operator*() & { return value(); }
    decltype(auto) operator*() const& { return value(); }
    decltype(auto) operator*() && { return std::move(*this).value(); }
    auto operator->()
        requires(!std::is_void_v<T>)
    {
        return std::addressof(value());
    }
    auto operator->() const
        requires(!std::is_void_v<T>)
    {
        return std::addressof(value());
    }

    /// Result: the error.
    /// Errors: `invalid_state` when there is none.
    [[nodiscard]] std::exception_ptr error() const {
        mark_.unread = false;
        if (auto const* const error = std::get_if<1>(&storage_))
            return *error;
        throw invalid_state(has_value()
                                ? "outcome::error() of an outcome with a value"
                                : "outcome::error() of a cancelled outcome");
    }
    /// Result: why the work was cancelled.
    /// Errors: `invalid_state` when it was not.
    [[nodiscard]] cancel_reason const& reason() const {
        if (auto const* const why = std::get_if<2>(&storage_))
            return *why;
        throw invalid_state("outcome::reason() of an outcome that was not "
                            "cancelled");
    }

    /// Result: the value, otherwise `fallback`; an error counts as seen.
    template<class U>
        requires(!std::is_void_v<T> && std::convertible_to<U, T>)
    [[nodiscard]] T value_or(U&& fallback) const& {
        mark_.unread = false;
        if (has_value())
            return get(*this);
        return static_cast<T>(std::forward<U>(fallback));
    }
    /// The same, moved out.
    template<class U>
        requires(!std::is_void_v<T> && std::convertible_to<U, T>)
    [[nodiscard]] T value_or(U&& fallback) && {
        mark_.unread = false;
        if (has_value())
            return std::move(*this).value();
        return static_cast<T>(std::forward<U>(fallback));
    }

    /// Says that the error, if any, may be forgotten.
    void ignore() const noexcept { mark_.unread = false; }

    /// Result: `f(value)` as an outcome; error and cancellation pass through.
    /// Errors: what `f` throws, thrown.
    template<class F>
    [[nodiscard]] auto transform(F&& f) && {
        using result = typename detail::outcome_call<F, T>::type;
        if (!has_value())
            return std::move(*this).template pass_on<result>();
        if constexpr (std::is_void_v<result>) {
            call(std::forward<F>(f));
            return outcome<result>::from_value();
        } else {
            return outcome<result>::from_value(call(std::forward<F>(f)));
        }
    }
    /// Result: `f(value)`, itself an outcome; error and cancellation pass
    /// through.
    /// Errors: what `f` throws, thrown.
    template<class F>
    [[nodiscard]] auto and_then(F&& f) && {
        using result =
            std::remove_cvref_t<typename detail::outcome_call<F, T>::type>;
        static_assert(detail::is_outcome<result>,
                      "and_then needs a function that returns an outcome; use "
                      "transform for one that returns a plain value");
        if (!has_value())
            return std::move(*this)
                .template pass_on<typename result::value_type>();
        return call(std::forward<F>(f));
    }

private:
    template<class U>
    friend class outcome;

    template<std::size_t Index, class... Args>
    explicit outcome(std::in_place_index_t<Index> which, Args&&... args)
        : storage_(which, std::forward<Args>(args)...), mark_(Index == 1) {}

    template<class Self>
    static auto get(Self& self) -> decltype(auto) {
        self.mark_.unread = false;
        if (self.storage_.index() == 0) {
            auto& slot = *std::get_if<0>(&self.storage_);
            if constexpr (std::is_void_v<T>)
                return;
            else if constexpr (std::is_reference_v<T>)
                return static_cast<T>(*slot.value);
            else
                return (slot.value);
        }
        if (auto const* const error = std::get_if<1>(&self.storage_))
            std::rethrow_exception(*error);
        throw cancelled_error(*std::get_if<2>(&self.storage_));
    }

    template<class F>
    decltype(auto) call(F&& f) {
        if constexpr (std::is_void_v<T>)
            return std::invoke(std::forward<F>(f));
        else
            return std::invoke(std::forward<F>(f), std::move(*this).value());
    }

    template<class U>
    outcome<U> pass_on() && {
        mark_.unread = false;
        if (auto* const error = std::get_if<1>(&storage_))
            return outcome<U>(std::in_place_index<1>, std::move(*error));
        return outcome<U>(std::in_place_index<2>,
                          std::move(*std::get_if<2>(&storage_)));
    }

    void report_if_unread() noexcept {
        if (!mark_.unread)
            return;
        mark_.unread = false;
        if (auto* const error = std::get_if<1>(&storage_))
            detail::report_unread(std::move(*error));
    }

    storage storage_;
    mutable detail::unread_mark mark_;
};

TETHER_END_NAMESPACE

#endif
