// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does the library refuse what it cannot throw for? One sentence on
/// stderr, then std::terminate: the only time the library writes by itself.
#ifndef TETHER_DETAIL_DIAGNOSTICS_HPP
#define TETHER_DETAIL_DIAGNOSTICS_HPP

#include <tether/detail/config.hpp>

#include <cstdio>
#include <exception>
#include <source_location>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace detail {

[[noreturn]] inline void fatal(char const* sentence) noexcept {
    std::fprintf(stderr, "tether: %s\n", sentence);
    std::fflush(stderr);
    std::terminate();
}

[[noreturn]] inline void fatal(char const* sentence,
                               std::source_location where) noexcept {
    std::fprintf(stderr, "tether: %s (%s:%u)\n", sentence, where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::fflush(stderr);
    std::terminate();
}

inline std::string format_location(std::source_location where) {
    if (where.line() == 0)
        return "unknown location";
    return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
