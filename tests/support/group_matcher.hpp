// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a test say which errors a group must hold, and how they nest?
#ifndef TETHER_TESTS_SUPPORT_GROUP_MATCHER_HPP
#define TETHER_TESTS_SUPPORT_GROUP_MATCHER_HPP

#include <tether/core/exception_group.hpp>

#include <exception>
#include <functional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace tether_test {

/// One expectation: a leaf of a type whose text matches, or a group of others.
class expected_error {
public:
    using test = std::function<bool(std::exception_ptr const&)>;

    explicit expected_error(test t) : test_(std::move(t)) {}
    bool matches(std::exception_ptr const& error) const { return test_(error); }

private:
    test test_;
};

/// A leaf of type E (or derived); its what() contains a match of `pattern`.
template<class E>
expected_error leaf(std::string pattern = "") {
    return expected_error(
        [pattern = std::move(pattern)](std::exception_ptr const& error) {
            try {
                std::rethrow_exception(error);
            } catch (E const& e) {
                return std::regex_search(std::string(e.what()),
                                         std::regex(pattern));
            } catch (...) {
                return false;
            }
        });
}

/// What a test allows besides the exact shape.
struct group_rules {
    bool allow_unwrapped = false;   ///< a single expected leaf may come bare
    bool flatten_subgroups = false; ///< inner groups count as their leaves
};

namespace detail {

inline void collect(tether::exception_group const& group, bool flatten,
                    std::vector<std::exception_ptr>& out) {
    for (auto const& member : group) {
        if (flatten) {
            try {
                std::rethrow_exception(member.error());
            } catch (tether::exception_group const& inner) {
                collect(inner, true, out);
                continue;
            } catch (...) {
            }
        }
        out.push_back(member.error());
    }
}

} // namespace detail

/// A group with exactly these members, in any order.
inline expected_error group_of(std::vector<expected_error> members,
                               group_rules rules = {}) {
    return expected_error(
        [members = std::move(members), rules](std::exception_ptr const& error) {
            std::vector<std::exception_ptr> found;
            try {
                std::rethrow_exception(error);
            } catch (tether::exception_group const& group) {
                detail::collect(group, rules.flatten_subgroups, found);
            } catch (...) {
                return rules.allow_unwrapped && members.size() == 1 &&
                       members.front().matches(error);
            }
            if (found.size() != members.size())
                return false;
            for (expected_error const& expected : members) {
                bool matched = false;
                for (auto at = found.begin(); at != found.end(); ++at) {
                    if (expected.matches(*at)) {
                        found.erase(at);
                        matched = true;
                        break;
                    }
                }
                if (!matched)
                    return false;
            }
            return true;
        });
}

/// What `f()` throws; null if it returns.
template<class F>
std::exception_ptr thrown_by(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

} // namespace tether_test

#endif
