// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does every header need to know of the compiler? Namespace macros and
/// the one switch that depends on a sanitizer. No macro here changes a layout.
#ifndef TETHER_DETAIL_CONFIG_HPP
#define TETHER_DETAIL_CONFIG_HPP

#include <tether/version.hpp>

#if !defined(__cpp_exceptions)
#error "tether needs exceptions: compile without -fno-exceptions"
#endif
#if !defined(__cpp_rtti)
#error "tether needs RTTI: compile without -fno-rtti"
#endif
#if !defined(__cpp_impl_coroutine)
#error "tether needs C++20 coroutines: compile with -std=c++20 or later"
#endif

// The inline namespace carries the minor version, so that two versions linked
// into one program do not share symbols. Everything is visible: a library that
// is compiled with -fvisibility=hidden shares the loop and the frame pool of
// its thread with the program.
#if defined(__GNUC__)
#define TETHER_BEGIN_NAMESPACE                                                 \
    namespace [[gnu::visibility("default")]] tether {                          \
    inline namespace v0_1 {
#else
#define TETHER_BEGIN_NAMESPACE                                                 \
    namespace tether {                                                         \
    inline namespace v0_1 {
#endif
#define TETHER_END_NAMESPACE                                                   \
    }                                                                          \
    }

// The frame pool hides lifetimes from the sanitizers, so it steps aside.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TETHER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define TETHER_SANITIZED 1
#endif
#endif
#ifndef TETHER_SANITIZED
#define TETHER_SANITIZED 0
#endif

// GCC before 13 destroys closure and aggregate prvalues twice when they stand
// in a co_await expression (docs/compilers.md).
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define TETHER_GCC_DOUBLE_DESTROY 1
#else
#define TETHER_GCC_DOUBLE_DESTROY 0
#endif

#endif
