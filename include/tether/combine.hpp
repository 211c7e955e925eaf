// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything that runs several awaitables at once and joins them.
#ifndef TETHER_COMBINE_HPP
#define TETHER_COMBINE_HPP

#include <tether/combine/any_success.hpp>
#include <tether/combine/for_each_concurrent.hpp>
#include <tether/combine/hedge.hpp>
#include <tether/combine/map_concurrent.hpp>
#include <tether/combine/quorum.hpp>
#include <tether/combine/race.hpp>
#include <tether/combine/when_all.hpp>
#include <tether/combine/when_all_settled.hpp>

#endif
