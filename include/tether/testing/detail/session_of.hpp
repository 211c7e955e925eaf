// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// In which test does this code run? Found from the context of the loop, so
/// that no variable outlives a test.
#ifndef TETHER_TESTING_DETAIL_SESSION_OF_HPP
#define TETHER_TESTING_DETAIL_SESSION_OF_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/testing/detail/test_session.hpp>

#include <boost/asio/execution_context.hpp>

#include <stdexcept>
#include <string>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// The session of the running test; std::logic_error outside of run_test().
inline test_session& this_session(char const* verb) {
    loop* const home = tether::detail::running_loop();
    if (home && asio::has_service<test_service>(home->context())) {
        if (auto* const session =
                asio::use_service<test_service>(home->context()).session)
            return *session;
    }
    throw std::logic_error(std::string(verb) +
                           " was used outside of a test: run the code with "
                           "tether::testing::run_test()");
}

// The clock of the running test; std::logic_error when it runs in real time.
inline virtual_clock& this_clock(char const* verb) {
    if (auto* const clock = this_session(verb).driver().clock())
        return *clock;
    throw std::logic_error(std::string(verb) +
                           " moves virtual time, and this test runs in real "
                           "time: leave out test_options::real_time");
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
