// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors say that a rule was broken, by the program or by tether itself?
#ifndef TETHER_CORE_MISUSE_ERRORS_HPP
#define TETHER_CORE_MISUSE_ERRORS_HPP

#include <tether/core/detail/error_text.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE

/// An operation that the object does not allow in its present state, for
/// instance reading the result of a task that still runs.
class invalid_state : public std::logic_error {
public:
    /// The sentence, with the task and the place where they are known.
    explicit invalid_state(std::string_view sentence,
                           std::string_view task = {},
                           std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence, task, where)) {}
};

/// A spawn into a group that is over.
///
/// Parameters: the names of the group and of the rejected task, and the place
/// of the spawn call.
class group_closed : public std::logic_error {
public:
    /// Says which group refused which task.
    explicit group_closed(std::string_view group = {},
                          std::string_view task = {},
                          std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence(group), task, where)) {}

private:
    static std::string sentence(std::string_view group) {
        std::string out = "cannot spawn into task group ";
        if (!group.empty()) {
            detail::append_quoted(out, group);
            out += ' ';
        }
        return out + "after it has closed";
    }
};

/// Two tasks used at the same time what only one can use at a time.
///
/// Parameters: what it is, who uses it and where, and who came second.
class busy_resource : public std::logic_error {
public:
    /// Says so.
    busy_resource(std::string_view what, std::string_view user,
                  std::source_location used_at, std::string_view second = {},
                  std::source_location where = {})
        : std::logic_error(detail::with_origin(sentence(what, user, used_at),
                                               second, where)) {}

private:
    static std::string sentence(std::string_view what, std::string_view user,
                                std::source_location used_at) {
        std::string out(what);
        out += " is in use";
        if (!user.empty()) {
            out += " by task ";
            detail::append_quoted(out, user);
        }
        if (detail::has_place(used_at)) {
            out += " since ";
            detail::append_place(out, used_at);
        }
        return out + ": one at a time, a mutex would let the second one wait";
    }
};

/// The program is in a state that nobody is responsible for: tether broke one
/// of its own rules, or a detached task failed, which is nested in the error.
class internal_error : public std::logic_error {
public:
    /// The rule that was broken.
    explicit internal_error(std::string_view sentence,
                            std::source_location where = {})
        : std::logic_error(detail::with_origin(
              std::string("tether internal error: ").append(sentence), {},
              where)) {}
};

TETHER_END_NAMESPACE

#endif
