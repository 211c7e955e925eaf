// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of the service layer share? The names they use.
#ifndef TETHER_TESTS_UNIT_SERVICE_SERVICE_TEST_HPP
#define TETHER_TESTS_UNIT_SERVICE_SERVICE_TEST_HPP

#include "support/test_case.hpp"

#include <tether/combine/when_all.hpp>
#include <tether/scope.hpp>
#include <tether/service.hpp>
#include <tether/sync/event.hpp>

#include <string>
#include <vector>

namespace service_test {

using namespace tether;
using namespace std::chrono_literals;
using tether_test::contains_text;
using tether_test::event_log;
using tether_test::exit_note;
using tether_test::run_virtual;
using tether_test::stopwatch;

} // namespace service_test

#endif
