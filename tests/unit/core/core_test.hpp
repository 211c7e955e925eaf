// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the vocabulary layer share? Short ways to make errors
/// and to look at trees of them.
#ifndef TETHER_TESTS_UNIT_CORE_CORE_TEST_HPP
#define TETHER_TESTS_UNIT_CORE_CORE_TEST_HPP

#include <tether/core/exception_group.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace core_test {

template<class E>
std::exception_ptr ptr(E error) {
    return std::make_exception_ptr(std::move(error));
}

inline std::exception_ptr runtime(char const* text) {
    return ptr(std::runtime_error(text));
}
inline std::exception_ptr logic(char const* text) {
    return ptr(std::logic_error(text));
}

inline tether::exception_group group(char const* message,
                                     std::vector<std::exception_ptr> errors) {
    return tether::exception_group(message, std::move(errors));
}
inline std::exception_ptr group_ptr(char const* message,
                                    std::vector<std::exception_ptr> errors) {
    return ptr(group(message, std::move(errors)));
}

/// The tree in one line: "load[a, in[b, ?]]"; '?' is no std::exception.
inline std::string shape(tether::exception_group const& group) {
    std::string out(group.message());
    out += '[';
    char const* separator = "";
    for (tether::exception_group::member const member : group) {
        out += std::exchange(separator, ", ");
        if (auto const* const inner = member.group())
            out += shape(*inner);
        else if (auto const* const error = member.as<std::exception>())
            out += error->what();
        else
            out += '?';
    }
    return out + "]";
}

inline std::string shape(std::optional<tether::exception_group> const& group) {
    return group ? shape(*group) : "none";
}

/// The exception that `f` throws, or null.
template<class F>
std::exception_ptr thrown_by(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

/// Two leaves below `depth` groups of one.
inline std::exception_ptr nested(int depth) {
    std::exception_ptr error =
        group_ptr("bottom", {runtime("left"), logic("right")});
    for (int i = 0; i < depth; ++i)
        error = group_ptr("level", {error});
    return error;
}

/// The group in an exception_ptr.
inline tether::exception_group group_in(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (tether::exception_group const& group) {
        return group;
    }
}

} // namespace core_test

#endif
