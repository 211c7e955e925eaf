// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the program and its two shared libraries offer each other?
#ifndef TETHER_TESTS_SHARED_PLUGIN_HPP
#define TETHER_TESTS_SHARED_PLUGIN_HPP

#include <tether/scope/task_group.hpp>
#include <tether/task/task.hpp>

#include <string>

#define TETHER_TESTS_PLUGIN [[gnu::visibility("default")]]

/// What a task sees of the library it runs in.
struct seen {
    void const* loop;
    std::string name;
    long blocks; ///< of the frame pool, before and in the task the same pool
};

namespace one {
TETHER_TESTS_PLUGIN tether::task<seen> look();
/// Spawns look() as a child named "of one", and a child that fails.
TETHER_TESTS_PLUGIN tether::task<> fail_in_group();
} // namespace one

namespace two {
TETHER_TESTS_PLUGIN tether::task<seen> look();
/// Spawns `count` children in a group of the caller.
TETHER_TESTS_PLUGIN void spawn_into(tether::task_group& group, int& count);
} // namespace two

#endif
