// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything for tests of programs that use tether: virtual time, a run with
/// a check for what is left, doubles of functions, resources and networks,
/// conformance suites, sweeps over stops and faults, exploration of orders.
/// Opt-in, not part of tether.hpp; needs no test framework. Only
/// replace_new.hpp, which belongs in one file of a program, is not here.
#ifndef TETHER_TESTING_HPP
#define TETHER_TESTING_HPP

#include <tether/testing/advance.hpp>
#include <tether/testing/assert_checkpoints.hpp>
#include <tether/testing/async_mock.hpp>
#include <tether/testing/at_rest_check.hpp>
#include <tether/testing/background.hpp>
#include <tether/testing/cancel_sweep.hpp>
#include <tether/testing/conformance_channel.hpp>
#include <tether/testing/conformance_lock.hpp>
#include <tether/testing/conformance_resource.hpp>
#include <tether/testing/conformance_stream.hpp>
#include <tether/testing/conformance_suite.hpp>
#include <tether/testing/explore.hpp>
#include <tether/testing/fault_sweep.hpp>
#include <tether/testing/fixture.hpp>
#include <tether/testing/group_matcher.hpp>
#include <tether/testing/injected_fault.hpp>
#include <tether/testing/lockstep_stream.hpp>
#include <tether/testing/manual_pool.hpp>
#include <tether/testing/memory_link.hpp>
#include <tether/testing/memory_listener.hpp>
#include <tether/testing/memory_stream.hpp>
#include <tether/testing/mock_generator.hpp>
#include <tether/testing/mock_resource.hpp>
#include <tether/testing/mock_script.hpp>
#include <tether/testing/run_test.hpp>
#include <tether/testing/sequencer.hpp>
#include <tether/testing/settle.hpp>
#include <tether/testing/sweep_report.hpp>
#include <tether/testing/test_failure.hpp>
#include <tether/testing/test_options.hpp>
#include <tether/testing/this_test.hpp>
#include <tether/testing/throwing.hpp>
#include <tether/testing/virtual_clock.hpp>

#endif
