// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do error texts print a duration, a place in the source and a name?
#ifndef TETHER_CORE_DETAIL_TEXT_HPP
#define TETHER_CORE_DETAIL_TEXT_HPP

#include <tether/detail/config.hpp>

#include <chrono>
#include <cstdio>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A default-constructed source_location means "nowhere".
inline bool has_place(std::source_location where) noexcept {
    return where.line() != 0;
}

inline void append_place(std::string& out, std::source_location where) {
    out += where.file_name();
    out += ':';
    out += std::to_string(where.line());
}

inline void append_quoted(std::string& out, std::string_view name) {
    out += '\'';
    out += name;
    out += '\'';
}

// The largest unit that leaves at least one whole, with up to three decimals:
// "5 s", "1.5 s", "250 ms".
inline std::string duration_text(std::chrono::nanoseconds d) {
    struct unit {
        long long ns;
        char const* name;
    };
    static constexpr unit units[] = {
        {1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
    long long const count = d.count();
    if (count == 0)
        return "0 s";
    auto const magnitude = count < 0
                               ? 0 - static_cast<unsigned long long>(count)
                               : static_cast<unsigned long long>(count);
    unit const* u = units;
    while (magnitude < static_cast<unsigned long long>(u->ns))
        ++u;
    auto const ns = static_cast<unsigned long long>(u->ns);
    std::string out = count < 0 ? "-" : "";
    out += std::to_string(magnitude / ns);
    unsigned long long const thousandths = magnitude % ns * 1000 / ns;
    if (thousandths != 0) {
        char digits[8];
        std::snprintf(digits, sizeof digits, ".%03u",
                      static_cast<unsigned>(thousandths));
        std::string_view fraction = digits;
        while (fraction.back() == '0')
            fraction.remove_suffix(1);
        out += fraction;
    }
    out += ' ';
    out += u->name;
    return out;
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
