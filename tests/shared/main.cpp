// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// One loop, tasks of a program and of two shared libraries: the thread's
// current loop and its frame pool exist once in the process.

#include "plugin.hpp"
#include "support/test_case.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/scope.hpp>

#include <stdexcept>
#include <string>

using namespace tether_test;
using tether::task;
using tether::task_group;

TETHER_TEST_CASE("CX16 tasks of shared libraries are on the loop of the "
                 "program") {
    seen const first = co_await one::look();
    seen const second = co_await two::look();
    CHECK(first.loop == tether::detail::running_loop());
    CHECK(second.loop == first.loop);
    CHECK(first.name == "main");
    CHECK(second.name == "main");
    // Frames of one are counted by the pool that the others use.
    CHECK(first.blocks == second.blocks);
    CHECK(first.blocks > 0);
}

TETHER_TEST_CASE("CX16 an error of a shared library is caught in the program") {
    bool caught = false;
    std::string name;
    try {
        co_await one::fail_in_group();
    } catch (tether::exception_group const& errors) {
        caught = errors.first<std::domain_error>() != nullptr;
        name = errors.trigger()->task_name();
    }
    CHECK(caught);
    CHECK(name == "of one");
}

TETHER_TEST_CASE("CX16 a library spawns into a group of the program, which "
                 "frees the frames") {
    int left = 100;
    co_await tether::with_task_group([&](task_group& group) -> task<> {
        two::spawn_into(group, left);
        CHECK(group.size() == 100);
        co_return;
    });
    CHECK(left == 0);
}
