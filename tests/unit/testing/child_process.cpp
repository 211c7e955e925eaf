// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Tests of whole programs: what they print, how they end, signals.
#include "support/child_process.hpp"

#include "testing_test.hpp"

#include <csignal>
#include <string>

namespace {

using testing_test::contains_text;
using tether_test::child_process;
using tether_test::run_program;

TEST_CASE("TE24 a program gets its arguments, and its output and exit code "
          "come back") {
    auto const end = run_program(
        "/bin/sh", {"-c", "echo out $1; echo err >&2; exit 3", "sh", "a b"});
    CHECK(end.code == 3);
    CHECK(end.out == "out a b\n");
    CHECK(end.err == "err\n");
}

TEST_CASE("TE24 a program gets signals") {
    child_process program("/bin/sh", {"-c", "kill -STOP $$; exit 1"});
    program.signal(SIGKILL); // stopped or not yet
    CHECK(program.wait().code == 128 + SIGKILL);
}

TEST_CASE("TE24 a program that is not there ends with 127") {
    CHECK(run_program("/nowhere/program", {}).code == 127);
}

TEST_CASE("TE24 a program that is still running ends with its object") {
    child_process const program("/bin/sh", {"-c", "kill -STOP $$"});
    SUCCEED("its destructor kills it and waits");
}

} // namespace
