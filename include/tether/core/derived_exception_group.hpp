// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does an exception group of the program's own keep its fields when it is
/// split?
#ifndef TETHER_CORE_DERIVED_EXCEPTION_GROUP_HPP
#define TETHER_CORE_DERIVED_EXCEPTION_GROUP_HPP

#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE

/// A base for exception groups that carry fields of their own through
/// splitting: `Derived` offers `Derived derive(exception_group part) const`,
/// which dresses a part of itself. Parts of a class that derives from
/// `exception_group` directly are plain groups.
///
/// Example:
/// ```
/// struct batch_failed : derived_exception_group<batch_failed> {
///     batch_failed(exception_group g, int n)
///         : derived_exception_group(std::move(g)), batch(n) {}
///     batch_failed derive(exception_group part) const {
///         return {std::move(part), batch};
///     }
///     int batch;
/// };
/// ```
template<class Derived>
class derived_exception_group : public exception_group {
public:
    /// As in exception_group; the parts are dressed by `derive`.
    template<class... E>
        requires(sizeof...(E) > 0)
    [[nodiscard]] std::optional<Derived> subgroup() const {
        return dress(exception_group::subgroup<E...>());
    }
    /// The same with `pred(std::exception_ptr const&)`.
    template<std::predicate<std::exception_ptr const&> Pred>
    [[nodiscard]] std::optional<Derived> subgroup(Pred pred) const {
        return dress(exception_group::subgroup(std::move(pred)));
    }
    /// The same with `pred(E const&)`.
    template<class E, std::predicate<E const&> Pred>
    [[nodiscard]] std::optional<Derived> subgroup(Pred pred) const {
        return dress(exception_group::subgroup<E>(std::move(pred)));
    }
    /// As in exception_group; both halves are dressed by `derive`.
    template<class... E>
        requires(sizeof...(E) > 0)
    [[nodiscard]] group_split<Derived> split() const {
        auto halves = exception_group::split<E...>();
        return {dress(std::move(halves.match)), dress(std::move(halves.rest))};
    }
    /// The same with `pred(std::exception_ptr const&)`.
    template<std::predicate<std::exception_ptr const&> Pred>
    [[nodiscard]] group_split<Derived> split(Pred pred) const {
        auto halves = exception_group::split(std::move(pred));
        return {dress(std::move(halves.match)), dress(std::move(halves.rest))};
    }
    /// The same with `pred(E const&)`.
    template<class E, std::predicate<E const&> Pred>
    [[nodiscard]] group_split<Derived> split(Pred pred) const {
        auto halves = exception_group::split<E>(std::move(pred));
        return {dress(std::move(halves.match)), dress(std::move(halves.rest))};
    }

protected:
    /// Takes over the members, the message and the notes of `plain`.
    explicit derived_exception_group(exception_group plain) noexcept
        : exception_group(std::move(plain)) {}

private:
    [[nodiscard]] Derived dress_part(exception_group part) const {
        auto const& self = static_cast<Derived const&>(*this);
        static_assert(
            requires {
                { self.derive(part) } -> std::same_as<Derived>;
            },
            "derive(exception_group) const must be accessible and return the "
            "derived class itself");
        return self.derive(std::move(part));
    }
    [[nodiscard]] std::optional<Derived>
    dress(std::optional<exception_group> part) const {
        if (!part)
            return std::nullopt;
        if (part->same_as(*this))
            return static_cast<Derived const&>(*this);
        return dress_part(std::move(*part));
    }
    [[nodiscard]] std::exception_ptr
    throwable_part(exception_group part) const override {
        return std::make_exception_ptr(dress_part(std::move(part)));
    }
};

TETHER_END_NAMESPACE

#endif
