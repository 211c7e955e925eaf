// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a coroutine a test case of Catch2? By this header, the only one that
/// knows Catch2, version 3 or 2.13.
#ifndef TETHER_TESTING_CATCH2_HPP
#define TETHER_TESTING_CATCH2_HPP

#include <tether/detail/config.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/fixture.hpp>
#include <tether/testing/run_test.hpp>
#include <tether/testing/test_options.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/interfaces/catch_interfaces_capture.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing {

namespace detail {

// The report of a failure carries the name that Catch2 knows.
template<class F>
void run_catch_test(F&& fn) {
    std::string const name = Catch::getResultCapture().getCurrentTestName();
    test_options options;
    options.name = name.c_str();
    run_test(std::forward<F>(fn), options);
}

} // namespace detail
} // namespace testing
TETHER_END_NAMESPACE

/// \cond
// Counted, not by line: files that are compiled as one have the same lines.
#define TETHER_TEST_JOIN_(a, b) a##b
#define TETHER_TEST_JOIN(a, b) TETHER_TEST_JOIN_(a, b)
#define TETHER_TEST_CASE_(fn, ...)                                             \
    static ::tether::task<> fn();                                              \
    TEST_CASE(__VA_ARGS__) {                                                   \
        ::tether::testing::detail::run_catch_test(&fn);                        \
    }                                                                          \
    static ::tether::task<> fn()
#define TETHER_TEST_CASE_METHOD_(type, fixture, ...)                           \
    namespace {                                                                \
    struct type : fixture {                                                    \
        ::tether::task<> tether_test_body();                                   \
    };                                                                         \
    }                                                                          \
    TEST_CASE(__VA_ARGS__) {                                                   \
        ::tether::testing::detail::run_catch_test(                             \
            ::tether::testing::with_fixture<type>(&type::tether_test_body));   \
    }                                                                          \
    ::tether::task<> type::tether_test_body()
/// \endcond

/// A test case of Catch2 whose body is a coroutine that run_test() runs:
/// TETHER_TEST_CASE("name", "[tags]") { co_await ...; }
#define TETHER_TEST_CASE(...)                                                  \
    TETHER_TEST_CASE_(TETHER_TEST_JOIN(tether_test_body_, __COUNTER__),        \
                      __VA_ARGS__)

/// The same as a member of `fixture`, which with_fixture() sets up and tears
/// down in the task of the test:
/// TETHER_TEST_CASE_METHOD(fixture, "name", "[tags]") { co_await ...; }
#define TETHER_TEST_CASE_METHOD(fixture, ...)                                  \
    TETHER_TEST_CASE_METHOD_(                                                  \
        TETHER_TEST_JOIN(tether_test_fixture_, __COUNTER__), fixture,          \
        __VA_ARGS__)

/// Checks that `expression` throws the error that the rest describes, and shows
/// the explanation of a mismatch; include tether/testing/group_matcher.hpp.
/// TETHER_CHECK_THROWS_GROUP(run(app), group_of(leaf<io_error>("reset")));
#define TETHER_CHECK_THROWS_GROUP(expression, ...)                             \
    do {                                                                       \
        auto const tether_match =                                              \
            ::tether::testing::matches(::tether::testing::thrown_by([&] {      \
                                           static_cast<void>(expression);      \
                                       }),                                     \
                                       __VA_ARGS__);                           \
        INFO(tether_match.explanation);                                        \
        CHECK(tether_match.matched);                                           \
    } while (false)

#endif
