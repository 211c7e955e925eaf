// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is the sentence of an error made of the parts that are known?
#ifndef TETHER_CORE_DETAIL_ERROR_TEXT_HPP
#define TETHER_CORE_DETAIL_ERROR_TEXT_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <exception>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

// "sentence (task 'x' at file:line)" with the parts that are known.
inline std::string with_origin(std::string_view sentence, std::string_view task,
                               std::source_location where) {
    std::string out(sentence);
    if (task.empty() && !has_place(where))
        return out;
    out += " (";
    if (!task.empty()) {
        out += "task ";
        append_quoted(out, task);
        if (has_place(where))
            out += ' ';
    }
    if (has_place(where)) {
        out += "at ";
        append_place(out, where);
    }
    out += ')';
    return out;
}

inline std::string what_of(std::exception_ptr const& error) {
    if (!error)
        return "no error";
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& e) {
        char const* const text = e.what();
        return text ? text : "(null)";
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}

} // namespace detail

TETHER_END_NAMESPACE

#endif
