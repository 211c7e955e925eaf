// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Of which type is the exception behind an exception_ptr?
#ifndef TETHER_CORE_DETAIL_EXCEPTION_PROBE_HPP
#define TETHER_CORE_DETAIL_EXCEPTION_PROBE_HPP

#include <tether/core/detail/error_leaf.hpp>
#include <tether/detail/config.hpp>

#include <atomic>
#include <exception>
#include <type_traits>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The object stays where it is as long as an exception_ptr to it lives: the
// Itanium C++ ABI rethrows the object itself, not a copy.
inline std::exception const*
as_std_exception(std::exception_ptr const& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        return &e;
    } catch (...) {
        return nullptr;
    }
}

// Marks a leaf that was looked at and is no std::exception.
inline constexpr char not_a_std_exception = 0;

// Rethrows once per leaf and remembers. Two threads may look at the same time
// and store the same answer.
inline std::exception const* probe(error_leaf const& leaf) noexcept {
    void const* known = leaf.probed.load(std::memory_order_acquire);
    if (!known) {
        std::exception const* const found = as_std_exception(leaf.error);
        known = found ? static_cast<void const*>(found) : &not_a_std_exception;
        leaf.probed.store(known, std::memory_order_release);
    }
    if (known == &not_a_std_exception)
        return nullptr;
    return static_cast<std::exception const*>(known);
}

// The exception as E, honouring inheritance, or null. A std::exception costs a
// dynamic_cast; only others are rethrown.
template<class E>
E const* exception_as(std::exception_ptr const& error,
                      std::exception const* known) noexcept {
    static_assert(!std::is_reference_v<E> && !std::is_const_v<E>,
                  "name the exception type itself, without const and &");
    if constexpr (std::is_class_v<E>) {
        if (known)
            return dynamic_cast<E const*>(known);
    } else {
        if (known)
            return nullptr;
    }
    try {
        std::rethrow_exception(error);
    } catch (E const& e) {
        return &e;
    } catch (...) {
        return nullptr;
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
