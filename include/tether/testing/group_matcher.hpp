// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test say which errors a group must hold, and how they nest? With
/// an expectation of the same shape, and an explanation where they differ.
#ifndef TETHER_TESTING_GROUP_MATCHER_HPP
#define TETHER_TESTING_GROUP_MATCHER_HPP

#include <tether/core/detail/type_text.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/detail/config.hpp>
#include <tether/testing/detail/group_match.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <regex>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

class expected_error;
struct match_result;
template<class E>
expected_error leaf(std::string pattern = "");
match_result matches(std::exception_ptr const& error,
                     expected_error const& expected);

/// What a group may be besides the exact shape.
struct group_rules {
    /// A single expected member may come bare, without the group.
    bool allow_unwrapped = false;
    /// Inner groups count as their leaves.
    bool flatten_subgroups = false;
};

expected_error group_of(std::vector<expected_error> members,
                        group_rules rules = {});

/// Whether an error is the expected one, and if not, why.
struct match_result {
    /// Whether it is.
    bool matched = true;
    /// What is missing and what is left over, one line each; empty if matched.
    std::string explanation;

    /// The same as `matched`.
    explicit operator bool() const noexcept { return matched; }
};

/// One error that a test expects: a leaf of a type, or a group of others.
///
/// Invariant: a plain value; the members that refine it return a copy.
/// Threads: a plain value.
/// Example:
/// ```
/// auto const shape = group_of(leaf<io_error>("reset").from_task("reader"),
///                             group_of(leaf<std::logic_error>().times(2)));
/// match_result const match = matches(error, shape);
/// if (!match) report(match.explanation);
/// ```
class expected_error {
public:
    /// It is of the task with this name.
    [[nodiscard]] expected_error from_task(std::string name) const {
        expected_error copy = *this;
        copy.what_.task = std::move(name);
        return copy;
    }
    /// It is the one that made its group cancel the rest.
    [[nodiscard]] expected_error as_trigger() const {
        expected_error copy = *this;
        copy.what_.trigger = true;
        return copy;
    }
    /// There are exactly `n` such errors in the group.
    [[nodiscard]] expected_error times(std::size_t n) const {
        expected_error copy = *this;
        copy.what_.count = n;
        return copy;
    }
    /// The members of the group come in this order; without it, in any.
    [[nodiscard]] expected_error in_order() const {
        expected_error copy = *this;
        copy.what_.ordered = true;
        return copy;
    }
    /// The message of the group contains a match of this regular expression.
    template<std::convertible_to<std::string> Pattern>
    [[nodiscard]] expected_error with_message(Pattern const& pattern) const {
        expected_error copy = *this;
        copy.what_.pattern = pattern;
        copy.what_.searched = &searched<Pattern>;
        return copy;
    }
    /// The same group with other rules.
    [[nodiscard]] expected_error with_rules(group_rules rules) const {
        expected_error copy = *this;
        copy.what_.unwrapped = rules.allow_unwrapped;
        copy.what_.flat = rules.flatten_subgroups;
        return copy;
    }

    /// Whether `error` is what is expected; matches() also says why not.
    [[nodiscard]] bool matches(std::exception_ptr const& error) const {
        std::string why;
        return detail::match({error, {}, false}, what_, why, 0);
    }

private:
    template<class E>
    friend expected_error leaf(std::string pattern);
    friend expected_error group_of(std::vector<expected_error> members,
                                   group_rules rules);
    friend match_result matches(std::exception_ptr const& error,
                                expected_error const& expected);

    explicit expected_error(detail::expectation what)
        : what_(std::move(what)) {}

    // A template, so that only who uses patterns compiles regular expressions.
    template<class>
    static bool searched(std::string const& text, std::string const& pattern) {
        return std::regex_search(text, std::regex(pattern));
    }

    detail::expectation what_;
};

/// Expects an error of type E, or derived from it, that is no group; its
/// what() contains a match of the regular expression `pattern`.
template<class E>
[[nodiscard]] expected_error leaf(std::string pattern) {
    detail::expectation made;
    made.type = tether::detail::type_text(typeid(E));
    made.pattern = std::move(pattern);
    if (!made.pattern.empty())
        made.searched = &expected_error::searched<E>;
    made.text_of = &detail::text_as<E>;
    return expected_error(std::move(made));
}

/// Expects a group with exactly these members, in any order unless in_order().
[[nodiscard]] inline expected_error
group_of(std::vector<expected_error> members, group_rules rules) {
    detail::expectation made;
    made.group = true;
    for (expected_error& member : members)
        made.members.push_back(std::move(member.what_));
    return expected_error(std::move(made)).with_rules(rules);
}
/// The same, with the members one by one.
template<std::same_as<expected_error>... Members>
[[nodiscard]] expected_error group_of(Members... members) {
    std::vector<expected_error> all;
    (all.push_back(std::move(members)), ...);
    return group_of(std::move(all), group_rules());
}

/// Compares an error with what a test expects.
///
/// Parameters: `error` is what was thrown; null does not match.
[[nodiscard]] inline match_result matches(std::exception_ptr const& error,
                                          expected_error const& expected) {
    match_result result;
    result.matched = detail::match({error, {}, false}, expected.what_,
                                   result.explanation, 0);
    if (result.matched)
        result.explanation.clear();
    return result;
}

/// What `fn()` throws; null if it returns.
template<std::invocable F>
[[nodiscard]] std::exception_ptr thrown_by(F&& fn) {
    try {
        static_cast<void>(std::forward<F>(fn)());
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
