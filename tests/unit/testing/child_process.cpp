// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Tests of whole programs: what they print, how they end, signals.
#include "support/child_process.hpp"

#include "testing_test.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>

namespace {

using namespace testing_test;
using tether_test::child_process;
using tether_test::ended;
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

TEST_CASE("TE24 a program that is not there is an error that names it") {
    auto const files = [] {
        return std::distance(
            std::filesystem::directory_iterator("/proc/self/fd"),
            std::filesystem::directory_iterator());
    };
    auto const before = files();
    CHECK_THROWS_WITH(run_program("/nowhere/program", {}),
                      contains_text("/nowhere/program: No such file"));
    CHECK(files() == before);
}

TEST_CASE("TE24 a program that is still running ends with its object") {
    child_process const program("/bin/sh", {"-c", "kill -STOP $$"});
    SUCCEED("its destructor kills it and waits");
}

// What the cases of this program with this tag, which do not run by default,
// print, a message to a line.
ended run_cases(char const* tag) {
    auto const self = std::filesystem::read_symlink("/proc/self/exe");
    return run_program(self.string(), {tag, "-r", "compact"});
}

TETHER_TEST_CASE("a case that hangs", "[.hangs]") {
    testing::this_test::hang_guard(20ms);
    // Work of somebody else: nobody can call it a deadlock.
    auto const work =
        boost::asio::prefer(this_task::executor(),
                            boost::asio::execution::outstanding_work.tracked);
    event never;
    co_await never.wait();
}

TETHER_TEST_CASE("a case that leaves a task", "[.leaves]") {
    co_spawn(
        this_task::executor(), []() -> task<> { co_await sleep_forever(); },
        boost::asio::detached);
    co_await boost::asio::post(boost::asio::deferred); // it has begun
}

TEST_CASE("TE09 a Catch2 case that hangs fails with the tree of its tasks") {
    auto const end = run_cases("[.hangs]");
    CHECK(end.code != 0);
    CHECK(end.code < 128);
    CHECK_THAT(end.out, contains_text("the test 'a case that hangs' failed"));
    CHECK_THAT(end.out, contains_text("did not end within 20 ms"));
    CHECK_THAT(end.out, contains_text("task 'main', waits for an event at"));
    CHECK_THAT(end.out, contains_text("child_process.cpp:"));
}

TEST_CASE("TE10 a Catch2 case that leaves a task fails with the tree of it") {
    auto const end = run_cases("[.leaves]");
    CHECK(end.code != 0);
    CHECK(end.code < 128);
    CHECK_THAT(end.out, contains_text("tasks are left that nobody waits for"));
    CHECK_THAT(end.out, contains_text("child_process.cpp:"));
}

} // namespace
