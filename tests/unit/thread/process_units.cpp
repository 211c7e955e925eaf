// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Are the parts right of which run_process and process_pool are made?
#include "process_test.hpp"

#include <array>

namespace {

using namespace process_test;
using tether::detail::frame_header;
using tether::detail::output_buffer;

std::string frame(std::string_view text) {
    auto const header = frame_header{text.size(), false}.encoded();
    return std::string(header.begin(), header.end()).append(text);
}

} // namespace

TEST_CASE("an exit status says how a process ended") {
    CHECK(exit_status().success());
    CHECK(exit_status() == exit_status::of_code(0));
    auto const failed = exit_status::of_code(3);
    CHECK(failed.exited());
    CHECK_FALSE(failed.success());
    CHECK(failed.to_string() == "exit code 3");
    auto const killed = exit_status::of_signal(SIGSEGV, true);
    CHECK_FALSE(killed.exited());
    CHECK_FALSE(killed.success());
    CHECK(killed.signal() == SIGSEGV);
    CHECK(killed.code() == 128 + SIGSEGV);
    CHECK(killed.to_string() == "killed by SIGSEGV (core dumped)");
    CHECK(exit_status::of_signal(SIGKILL).to_string() == "killed by SIGKILL");
    CHECK(exit_status::of_signal(40).to_string() == "killed by signal 40");
    CHECK(exit_status::of_code(9) != exit_status::of_signal(9));
}

TEST_CASE("a command line is printed as a shell would take it") {
    CHECK(command("ls", "-l", "/tmp/a=b").to_string() == "ls -l /tmp/a=b");
    CHECK(command("a b", "", "it's", "x;y").to_string() ==
          "'a b' '' 'it'\\''s' 'x;y'");
}

TEST_CASE("errors of processes keep what they say") {
    process_failed const failed("a -b", exit_status::of_code(1),
                                std::string(3000, 'x') + "end\n\n");
    CHECK_THAT(failed.what(), contains_text("'a -b' failed, exit code 1: ..."));
    CHECK(std::string(failed.what()).ends_with("xxend"));
    CHECK(std::string(failed.what()).size() < 1100);
    CHECK(failed.error_output().size() == 3005);
    worker_crashed const crashed("w", exit_status::of_signal(SIGABRT),
                                 "crashed in a call");
    CHECK(std::string(crashed.what()) ==
          "worker 'w' crashed in a call, killed by SIGABRT");
    CHECK(limit_exceeded("too long", 7).limit() == 7);
}

TEST_CASE("a frame begins with its length, the highest byte first") {
    auto const bytes = frame_header{0x01020304, false}.encoded();
    CHECK(bytes == std::array<unsigned char, 4>{1, 2, 3, 4});
    for (std::size_t const length :
         {std::size_t(0), std::size_t(1), frame_header::longest})
        for (bool const error : {false, true}) {
            auto const back =
                frame_header::decoded(frame_header{length, error}.encoded());
            CHECK(back.length == length);
            CHECK(back.error == error);
        }
}

TEST_CASE("what is kept of an output is all up to the limit, or its end") {
    output_buffer all(stdio::capture(4));
    CHECK(all.collects());
    CHECK(all.add("ab"));
    CHECK(all.add("cd"));
    CHECK_FALSE(all.add("e"));
    CHECK_FALSE(all.add(""));
    CHECK(all.take() == "abcd");
    output_buffer end(stdio::tail(3));
    CHECK(end.add("abcdefghij"));
    CHECK(end.add("k"));
    CHECK(end.text() == "ijk");
    CHECK(end.add("l"));
    CHECK(end.take() == "jkl");
    CHECK_FALSE(output_buffer(stdio::inherit()).collects());
}

TETHER_TEST_CASE("a worker answers frame by frame until its input ends, and "
                 "fails when it ends inside of one") {
    nothing_left const check;
    std::string const input = frame("abc") + frame("") + frame("throw");
    auto const done =
        co_await run_process(this_program("worker").in(stdio::text(input)));
    CHECK(done.out.substr(0, 11) == frame("cba") + frame(""));
    auto const error = frame_header::decoded(
        {0x80, 0, 0, static_cast<unsigned char>(done.out.size() - 15)});
    CHECK(error.error);
    CHECK(done.out.substr(15) == "the worker is sorry");
    // What it printed is not among the frames.
    CHECK_THAT(done.err, contains_text("heard 5 bytes"));

    auto const torn = co_await run_process(
        this_program("worker").in(stdio::text(frame("abc").substr(0, 6))),
        {.check_status = false});
    CHECK(torn.status.signal() == SIGABRT);
    CHECK_THAT(torn.err, contains_text("the input ends inside of a frame"));
}
