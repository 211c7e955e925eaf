// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is told where nothing may throw, and there is no memory for the words?
/// That there is none.
#ifndef TETHER_DETAIL_MADE_ERROR_HPP
#define TETHER_DETAIL_MADE_ERROR_HPP

#include <tether/detail/config.hpp>

#include <exception>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The error that `make` gives, or what it throws.
template<class F>
std::exception_ptr made_error(F&& make) noexcept {
    try {
        return std::make_exception_ptr(make());
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
