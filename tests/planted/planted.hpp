// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does the test kit find bugs? Five small primitives as a user might write
/// them, each with one mistake that the usual order of tasks hides. Each is
/// also there without the mistake, as a control.
#ifndef TETHER_TESTS_PLANTED_PLANTED_HPP
#define TETHER_TESTS_PLANTED_PLANTED_HPP

#include <tether/combine.hpp>
#include <tether/scope.hpp>
#include <tether/sync.hpp>
#include <tether/task.hpp>
#include <tether/testing.hpp>

#include <chrono>

namespace planted {

using namespace std::chrono_literals;
using namespace tether;

// Each runs the kit over its primitive, with the mistake or without; what the
// kit finds it throws.
void lost_wake_up(bool mistake);
void double_hand_off(bool mistake);
void permit_leak(bool mistake);
void item_lost_in_a_race(bool mistake);
void missed_join(bool mistake);

} // namespace planted

#endif
