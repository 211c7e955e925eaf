// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What is the readable name of a type, or of the exception being handled?
#ifndef TETHER_CORE_DETAIL_TYPE_TEXT_HPP
#define TETHER_CORE_DETAIL_TYPE_TEXT_HPP

#include <tether/detail/config.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// Inline namespaces are noise to a reader: v0_1 of tether, __1 and __cxx11 of
// the standard libraries.
inline void drop_inline_namespaces(std::string& name) {
    for (std::string_view outer : {"tether::v", "std::__"}) {
        std::size_t const keep = outer.find("::") + 2;
        std::size_t at = 0;
        while ((at = name.find(outer, at)) != std::string::npos) {
            std::size_t end = at + outer.size();
            std::string_view const part = "0123456789_cx";
            while (end < name.size() && part.find(name[end]) != part.npos)
                ++end;
            at += keep;
            if (end > at && name.compare(end, 2, "::") == 0)
                name.erase(at, end + 2 - at);
        }
    }
}

// What std::throw_with_nested throws is, to a reader, what it was given.
inline void drop_nesting(std::string& name) {
    for (std::string_view wrapper :
         {"std::_Nested_exception<", "std::__nested<"}) {
        if (name.starts_with(wrapper) && name.ends_with('>')) {
            name.pop_back();
            name.erase(0, wrapper.size());
        }
    }
}

inline std::string type_text(std::type_info const& type) {
    std::string name;
#if __has_include(<cxxabi.h>)
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> const readable(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
        &std::free);
    name = readable ? readable.get() : type.name();
#else
    name = type.name();
#endif
    drop_inline_namespaces(name);
    drop_nesting(name);
    return name;
}

// Only inside a catch block.
inline std::string current_exception_type_text() {
#if __has_include(<cxxabi.h>)
    if (std::type_info const* const type = abi::__cxa_current_exception_type())
        return type_text(*type);
#endif
    return "unknown exception";
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
