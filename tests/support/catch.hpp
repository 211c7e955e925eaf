// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test include Catch2? Only through this file, which works with
/// Catch2 3 and with 2.13.
#ifndef TETHER_TESTS_SUPPORT_CATCH_HPP
#define TETHER_TESTS_SUPPORT_CATCH_HPP

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define TETHER_TESTS_CATCH_MAJOR 3
#else
#include <catch2/catch.hpp>
#define TETHER_TESTS_CATCH_MAJOR 2
#endif

#include <string>

namespace tether_test {

/// Matches a string that contains `part`; the two versions of Catch2 name this
/// matcher differently.
inline auto contains_text(const std::string& part) {
#if TETHER_TESTS_CATCH_MAJOR == 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

/// Matches an exception whose what() is exactly `text`.
inline auto has_message(const std::string& text) {
    return Catch::Matchers::Message(text);
}

} // namespace tether_test

#endif
