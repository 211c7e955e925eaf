// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a type of your own keep the rules of its kind? A suite is a list of
/// them, each with a check that any test framework can run.
#ifndef TETHER_TESTING_CONFORMANCE_SUITE_HPP
#define TETHER_TESTING_CONFORMANCE_SUITE_HPP

#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/test_failure.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Rules that all implementations of something have to keep; made by
/// stream_conformance, channel_conformance, lock_conformance,
/// resource_conformance.
///
/// Invariant: the rules are independent of each other, each makes the objects
/// it needs.
/// Threads: run on the loop of the objects.
/// Example:
/// ```
/// auto const suite = stream_conformance([] { return my_pair(); });
/// co_await suite.run_all();
/// for (auto const& rule : suite) std::cout << rule.name << '\n';
/// ```
/// Source: Trio's check_two_way_stream and generic lock tests.
class conformance_suite {
public:
    /// One rule.
    struct rule {
        /// A sentence: what must be so.
        std::string name;
        /// Ends with test_failure, or any other error, if it is not.
        std::function<task<>()> body;
    };

    /// Parameters: a rule that takes longer than `limit`, by the clock of the
    /// loop, hangs.
    explicit conformance_suite(
        std::chrono::nanoseconds limit = std::chrono::seconds(60))
        : limit_(limit) {}

    /// Adds a rule.
    void add(std::string name, std::function<task<>()> body) {
        rules_.push_back({std::move(name), std::move(body)});
    }

    [[nodiscard]] auto begin() const noexcept { return rules_.begin(); }
    [[nodiscard]] auto end() const noexcept { return rules_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }

    /// Checks the rule with this name.
    ///
    /// Errors: test_failure that names the rule, if it is broken;
    /// std::invalid_argument if there is none.
    /// Completes when: the check has ended, or its time is over.
    /// On cancellation: the check is stopped.
    template<class = void>
    [[nodiscard("co_await the rule")]] task<> run(std::string name) const {
        for (rule const& one : rules_) {
            if (one.name != name)
                continue;
            std::string const broken = co_await broken_by(one);
            if (!broken.empty())
                throw test_failure(broken);
            co_return;
        }
        throw std::invalid_argument("conformance_suite: no rule '" + name +
                                    "'");
    }

    /// Checks all rules, also after one is broken.
    ///
    /// Errors: test_failure that lists the broken ones.
    /// Completes when: all checks have ended.
    /// On cancellation: the check that runs is stopped, the rest is left out.
    template<class = void>
    [[nodiscard("co_await the rule")]] task<> run_all() const {
        std::string all;
        for (rule const& one : rules_)
            all += co_await broken_by(one);
        if (!all.empty())
            throw test_failure(all);
    }

private:
    template<class = void>
    task<std::string> broken_by(rule const& one) const {
        std::string why;
        try {
            co_await fail_after(limit_, one.body());
        } catch (timeout_error const&) {
            why = "it hangs";
        } catch (std::exception const& e) {
            why = e.what();
        }
        if (!why.empty())
            why = "the rule '" + one.name + "' is broken: " + why + "\n";
        co_return why;
    }

    std::chrono::nanoseconds limit_;
    std::vector<rule> rules_;
};

namespace detail {

// The coroutines that Rules::all() lists, each with its name.
template<class Rules>
conformance_suite suite_of(std::shared_ptr<Rules> rules) {
    conformance_suite suite;
    for (auto const& [name, rule] : Rules::all())
        suite.add(name, [rules, rule] { return (rules.get()->*rule)(); });
    return suite;
}

} // namespace detail

/// For checks of rules: fails the test if `holds` is false.
///
/// Errors: test_failure with the sentence.
inline void require_rule(bool holds, std::string_view otherwise) {
    if (!holds)
        throw test_failure(std::string(otherwise));
}

} // namespace testing
TETHER_END_NAMESPACE

#endif
