// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What run_main says in debug mode, read from another process.
#include "service_test.hpp"

#include "support/child_process.hpp"

#include <tether/testing/virtual_clock.hpp>

#include <cstdlib>
#include <filesystem>

namespace {

using namespace service_test;

tether_test::ended run_in_child(char const* debug) {
    ::setenv("TETHER_DEBUG", debug, 1);
    auto const end = tether_test::run_program(
        std::filesystem::read_symlink("/proc/self/exe").string(),
        {"[.blocks]"});
    ::unsetenv("TETHER_DEBUG");
    return end;
}

} // namespace

TEST_CASE("blocks its loop", "[.blocks]") {
    testing::virtual_clock clock;
    run_options options;
    options.clock = &clock;
    std::_Exit(run_main(options, [&]() -> task<int> {
        clock.jump(250ms);
        co_return 5;
    }));
}

TEST_CASE(
    "RU11 run_main prints on stderr what debug mode finds, if TETHER_DEBUG "
    "asks for it") {
    auto const asked = run_in_child("1");
    CHECK(asked.code == 5);
    CHECK(asked.err == "the first step of task 'main' took 250 ms\n");
    auto const silent = run_in_child("0");
    CHECK(silent.code == 5);
    CHECK(silent.err.empty());
}
