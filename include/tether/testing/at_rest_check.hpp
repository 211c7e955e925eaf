// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Has a test given back all that it took? Permits, locks, tokens and leases of
/// an object that outlives it.
#ifndef TETHER_TESTING_AT_REST_CHECK_HPP
#define TETHER_TESTING_AT_REST_CHECK_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/testing/detail/end_check.hpp>
#include <tether/testing/detail/session_of.hpp>

#include <cstddef>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

/// Fails the test if something of `object` is still in use when the check is
/// destroyed, or when the test ends, whichever is first.
///
/// A semaphore or mutex that is destroyed while it is held says so itself. One
/// that outlives the test, in a fixture or a program under test, cannot.
///
/// Invariant: belongs to the test in which it was made.
/// Parameters: `object` has statistics(), as the primitives, streams and pools
/// of tether have; what counts are its members held, borrowed, leased, locked,
/// readers, subscribers and waiting. It outlives the check or the test. `name`
/// is for the report.
/// Errors: std::logic_error outside of run_test().
/// Threads: the loop of the test.
/// Example:
/// ```
/// TETHER_TEST_CASE("a request gives its permit back") {
///     testing::at_rest_check const check(server.limit(), "the limit");
///     co_await server.handle(request);
/// }
/// ```
template<class Object>
class [[nodiscard("it checks when it is destroyed: keep it in a "
                  "variable")]] at_rest_check final : detail::end_check {
public:
    /// Begins to watch over `object`.
    explicit at_rest_check(Object const& object, std::string name = "an object")
        : object_(object), name_(std::move(name)) {
        static_cast<void>(detail::this_session("at_rest_check"));
        join_test();
    }
    at_rest_check(at_rest_check const&) = delete;
    at_rest_check& operator=(at_rest_check const&) = delete;
    ~at_rest_check() { last_words(); }

private:
    std::string problem() const override {
        auto const now = object_.statistics();
        std::string used;
        auto const count = [&](std::size_t n, char const* what) {
            if (n != 0)
                used += (used.empty() ? "" : ", ") + std::to_string(n) + what;
        };
        if constexpr (requires { now.held; })
            count(now.held, " held");
        if constexpr (requires { now.borrowed; })
            count(now.borrowed, " borrowed");
        if constexpr (requires { now.leased; })
            count(now.leased, " leased");
        if constexpr (requires { now.locked; })
            count(now.locked ? 1 : 0, " locked");
        if constexpr (requires { now.readers; })
            count(now.readers, " readers");
        if constexpr (requires { now.subscribers; })
            count(now.subscribers, " subscribers");
        if constexpr (requires { now.waiting; })
            count(now.waiting, " waiting");
        if (used.empty())
            return {};
        return name_ + " is still in use: " + used + "\n";
    }

    Object const& object_;
    std::string name_;
};

} // namespace testing
TETHER_END_NAMESPACE

#endif
