// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which member of a group is which expected error? A matching, so that a
/// general expectation does not take the error that a special one needs.
#ifndef TETHER_TESTING_DETAIL_GROUP_MATCH_HPP
#define TETHER_TESTING_DETAIL_GROUP_MATCH_HPP

#include <tether/core/detail/text.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/detail/config.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

struct expectation {
    bool group = false;
    // of a leaf
    std::string type;
    std::optional<std::string> (*text_of)(std::exception_ptr const&) = nullptr;
    // of a group
    std::vector<expectation> members;
    bool ordered = false;
    bool unwrapped = false;
    bool flat = false;
    // of both
    std::string pattern;
    bool (*searched)(std::string const&, std::string const&) = nullptr;
    std::optional<std::string> task;
    bool trigger = false;
    std::size_t count = 1;
};

struct found_error {
    std::exception_ptr error;
    std::string task;
    bool trigger;
};

// The text of an error of this type, nothing if it is another one. A group is
// a leaf to nobody who did not ask for groups.
template<class E>
std::optional<std::string> text_as(std::exception_ptr const& error) {
    constexpr bool any_group = std::is_base_of_v<exception_group, E>;
    try {
        try {
            std::rethrow_exception(error);
        } catch (exception_group const&) {
            if (!any_group)
                return std::nullopt;
            throw;
        }
    } catch (E const& e) {
        if constexpr (std::is_base_of_v<std::exception, E>)
            return std::string(e.what());
        else
            return static_cast<void>(e), std::string();
    } catch (...) {
        return std::nullopt;
    }
}

inline void line(std::string& out, std::size_t depth, std::string_view text) {
    if (!out.empty())
        out += '\n';
    out.append(2 * depth, ' ');
    out += text;
}

inline std::string description(expectation const& e) {
    std::string out =
        e.group ? "a group of " + std::to_string(e.members.size()) : e.type;
    if (e.searched)
        tether::detail::append_quoted(out += " matching ", e.pattern);
    if (e.task)
        tether::detail::append_quoted(out += " of task ", *e.task);
    if (e.trigger)
        out += ", failed first";
    if (e.count != 1)
        out += ", " + std::to_string(e.count) + " times";
    return out;
}

inline std::string description(found_error const& f) {
    std::string text = format_error(f.error);
    text.resize((std::min)(text.find('\n'), text.size()));
    if (!f.task.empty())
        tether::detail::append_quoted(text += " of task ", f.task);
    if (f.trigger)
        text += ", failed first";
    return text;
}

bool match(found_error const& found, expectation const& expected,
           std::string& why, std::size_t depth);

inline void collect(exception_group const& group, bool flat,
                    std::vector<found_error>& out) {
    for (exception_group::member const m : group) {
        if (flat && m.group())
            collect(*m.group(), flat, out);
        else
            out.push_back(
                {m.error(), std::string(m.task_name()), m.is_trigger()});
    }
}

// Looks for a place for expectation `e`; those that took one may move on.
inline bool place(std::size_t e, std::vector<std::vector<bool>> const& fits,
                  std::vector<std::size_t>& taken_by, std::vector<bool>& seen) {
    for (std::size_t f = 0; f != taken_by.size(); ++f) {
        if (!fits[e][f] || seen[f])
            continue;
        seen[f] = true;
        if (taken_by[f] == fits.size() ||
            place(taken_by[f], fits, taken_by, seen)) {
            taken_by[f] = e;
            return true;
        }
    }
    return false;
}

// One expectation as often as it counts.
inline std::vector<expectation const*> unfolded(expectation const& group) {
    std::vector<expectation const*> all;
    for (expectation const& member : group.members)
        all.insert(all.end(), member.count, &member);
    return all;
}

inline bool match_members(std::vector<found_error> const& found,
                          expectation const& group, std::string& why,
                          std::size_t depth) {
    std::vector<expectation const*> const expected = unfolded(group);
    std::vector<std::vector<bool>> fits(expected.size(),
                                        std::vector<bool>(found.size()));
    std::string ignored;
    for (std::size_t e = 0; e != expected.size(); ++e)
        for (std::size_t f = 0; f != found.size(); ++f)
            fits[e][f] = (!group.ordered || e == f) &&
                         match(found[f], *expected[e], ignored, 0);

    std::vector<std::size_t> taken_by(found.size(), expected.size());
    std::vector<std::size_t> missing;
    for (std::size_t e = 0; e != expected.size(); ++e) {
        std::vector<bool> seen(found.size());
        if (!place(e, fits, taken_by, seen))
            missing.push_back(e);
    }
    std::vector<std::size_t> left;
    for (std::size_t f = 0; f != found.size(); ++f)
        if (taken_by[f] == expected.size())
            left.push_back(f);
    if (missing.empty() && left.empty())
        return true;
    for (std::size_t const e : missing)
        line(why, depth,
             (group.ordered ? "at [" + std::to_string(e) + "] missing: "
                            : std::string("missing: ")) +
                 description(*expected[e]));
    for (std::size_t const f : left)
        line(why, depth,
             "not expected: [" + std::to_string(f) + "] " +
                 description(found[f]));
    // One against one: say in what they differ.
    if (missing.size() == 1 && left.size() == 1)
        match(found[left.front()], *expected[missing.front()], why, depth + 1);
    return false;
}

inline bool match_bare(found_error const& found, expectation const& group,
                       std::string& why, std::size_t depth) {
    if (group.unwrapped && group.members.size() == 1 &&
        group.members.front().count == 1)
        return match(found, group.members.front(), why, depth);
    line(why, depth,
         "expected " + description(group) +
             ", found no group: " + description(found));
    return false;
}

inline bool match_group(found_error const& found, expectation const& expected,
                        std::string& why, std::size_t depth) {
    std::vector<found_error> members;
    std::string message;
    try {
        std::rethrow_exception(found.error);
    } catch (exception_group const& group) {
        collect(group, expected.flat, members);
        message = group.message();
    } catch (...) {
        return match_bare(found, expected, why, depth);
    }
    if (expected.searched && !expected.searched(message, expected.pattern)) {
        std::string text = "expected " + description(expected);
        tether::detail::append_quoted(text += ", the message is ", message);
        line(why, depth, text);
        return false;
    }
    return match_members(members, expected, why, depth);
}

inline bool match_leaf(found_error const& found, expectation const& expected,
                       std::string& why, std::size_t depth) {
    std::optional<std::string> const text = expected.text_of(found.error);
    if (text &&
        (!expected.searched || expected.searched(*text, expected.pattern)))
        return true;
    line(why, depth,
         "expected " + description(expected) + ", found " + description(found));
    return false;
}

inline bool match(found_error const& found, expectation const& expected,
                  std::string& why, std::size_t depth) {
    if (!found.error) {
        line(why, depth,
             "expected " + description(expected) + ", nothing was thrown");
        return false;
    }
    if ((expected.task && *expected.task != found.task) ||
        (expected.trigger && !found.trigger)) {
        line(why, depth,
             "expected " + description(expected) + ", found " +
                 description(found));
        return false;
    }
    return expected.group ? match_group(found, expected, why, depth)
                          : match_leaf(found, expected, why, depth);
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
