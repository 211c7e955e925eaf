// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does run_process run programs: what they are given, what they say, how they
/// end?
#include "process_test.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

namespace {

using namespace process_test;

std::string contents(std::filesystem::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A directory of its own for a test.
class own_directory {
public:
    own_directory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "tether-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    own_directory(own_directory const&) = delete;
    own_directory& operator=(own_directory const&) = delete;
    ~own_directory() { std::filesystem::remove_all(path_); }
    std::string operator/(char const* name) const {
        return (path_ / name).string();
    }
    std::string str() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

} // namespace

TETHER_TEST_CASE("TH25 a program gets its arguments and its input, and gives "
                 "its output and its status") {
    nothing_left const check;
    auto const sorted = co_await run_process(
        command("sort", "-r").in(stdio::text("b\na\nc\n")));
    CHECK(sorted.status == exit_status());
    CHECK(sorted.out == "c\nb\na\n");
    CHECK(sorted.err.empty());
    auto const said = co_await run_process(
        command("printf", "%s|", "a b", "'", "$HOME", "", "*"));
    CHECK(said.out == "a b|'|$HOME||*|");
    // Nothing to read, and not what this program reads.
    auto const none = co_await run_process(command("cat"));
    CHECK(none.out.empty());
}

TETHER_TEST_CASE("TH25 a program gets an environment and a directory") {
    nothing_left const check;
    own_directory const directory;
    ::setenv("TETHER_TEST_INHERITED", "inherited", 1);
    auto const show = [](command what) -> task<std::string> {
        auto const done = co_await run_process(std::move(what));
        co_return done.out;
    };
    std::string const script =
        "echo $TETHER_TEST_INHERITED,$TETHER_TEST_SET; pwd";
    std::string out = co_await show(shell(script)
                                        .env("TETHER_TEST_SET", "no")
                                        .env("TETHER_TEST_SET", "set")
                                        .cwd(directory.str()));
    CHECK(out == "inherited,set\n" + directory.str() + '\n');
    out = co_await show(shell("echo $TETHER_TEST_INHERITED,$TETHER_TEST_SET")
                            .unset_env("TETHER_TEST_INHERITED"));
    CHECK(out == ",\n");
    out = co_await show(
        command("/usr/bin/env").clear_env().env("ONLY", "this one"));
    CHECK(out == "ONLY=this one\n");
    ::unsetenv("TETHER_TEST_INHERITED");
}

TETHER_TEST_CASE("TH25 a program that fails is an error with its command, its "
                 "status and the end of what it says") {
    nothing_left const check;
    auto const fails = [](command what) -> task<> {
        static_cast<void>(co_await run_process(std::move(what)));
    };
    auto const end =
        co_await as_outcome(fails(shell("echo broken disk >&2; exit 3")));
    try {
        end.value();
        FAIL("it returned");
    } catch (process_failed const& e) {
        CHECK(e.status() == exit_status::of_code(3));
        CHECK(e.command() == "/bin/sh -c 'echo broken disk >&2; exit 3'");
        CHECK(e.error_output() == "broken disk\n");
        CHECK_THAT(e.what(), contains_text("failed, exit code 3: broken disk"));
    }
    auto const killed = co_await as_outcome(fails(shell("kill -SEGV $$")));
    CHECK_THROWS_WITH(killed.value(), contains_text("killed by SIGSEGV"));

    auto const ignored = co_await run_process(shell("echo some; exit 4"),
                                              {.check_status = false});
    CHECK(ignored.status.code() == 4);
    CHECK(ignored.out == "some\n");
}

TETHER_TEST_CASE("TH25 a program that cannot be started is an error that names "
                 "what is wrong, and leaves nothing") {
    nothing_left const check;
    auto const refused = [](command what) -> task<> {
        static_cast<void>(co_await run_process(std::move(what)));
    };
    auto end = co_await as_outcome(refused(command("/no/such/program", "-x")));
    CHECK_THROWS_WITH(end.value(),
                      contains_text("cannot start '/no/such/program -x'"));
    CHECK_THROWS_AS(end.value(), system_error);
    end = co_await as_outcome(refused(command("no-such-program-anywhere")));
    CHECK_THROWS_WITH(end.value(), contains_text("No such file"));
    end = co_await as_outcome(refused(command("/etc/passwd")));
    CHECK_THROWS_WITH(end.value(), contains_text("Permission denied"));
    end = co_await as_outcome(refused(command("true").cwd("/no/such/place")));
    CHECK_THROWS_WITH(end.value(),
                      contains_text("its directory is '/no/such/place'"));
    end = co_await as_outcome(
        refused(command("cat").in(stdio::file("/no/such/input"))));
    CHECK_THROWS_WITH(end.value(),
                      contains_text("its input is /no/such/input: No such"));
    end = co_await as_outcome(
        refused(command("true").out(stdio::descriptor(987))));
    CHECK_THROWS_WITH(end.value(), contains_text("descriptor 987"));
    end = co_await as_outcome(
        refused(command("true").arg(std::string(5'000'000, 'x'))));
    CHECK_THROWS_WITH(end.value(), contains_text("too long"));
}

TETHER_TEST_CASE("TH25 streams lead to files, to nothing, to descriptors and "
                 "to each other") {
    nothing_left const check;
    own_directory const directory;
    auto const run = [](command what) -> task<completed_process> {
        co_return co_await run_process(std::move(what));
    };
    std::string const both = "echo out; echo err >&2";
    auto done = co_await run(shell(both)
                                 .out(stdio::file(directory / "out"))
                                 .err(stdio::append(directory / "err")));
    CHECK(done.out.empty());
    done = co_await run(shell(both)
                            .out(stdio::file(directory / "out"))
                            .err(stdio::append(directory / "err")));
    CHECK(contents(directory / "out") == "out\n");
    CHECK(contents(directory / "err") == "err\nerr\n");
    done = co_await run(command("cat").in(stdio::file(directory / "err")));
    CHECK(done.out == "err\nerr\n");
    done = co_await run(shell(both).err(stdio::same_as_out()));
    CHECK(done.out == "out\nerr\n");
    CHECK(done.err.empty());
    done = co_await run(shell(both).out(stdio::null()));
    CHECK(done.err == "err\n");
    {
        tether::detail::file_descriptor const file(
            ::open((directory / "own").c_str(), O_WRONLY | O_CREAT, 0600));
        done = co_await run(
            shell(both).out(stdio::descriptor(file.get())).err(stdio::null()));
    }
    CHECK(contents(directory / "own") == "out\n");
}

TETHER_TEST_CASE("TH25 more output than is captured ends the program with an "
                 "error that names the limit; the end of it can be kept") {
    nothing_left const check;
    auto const too_much = []() -> task<> {
        static_cast<void>(
            co_await run_process(shell("while :; do echo 0123456789; done")
                                     .out(stdio::capture(1000))));
    };
    auto const end = co_await as_outcome(too_much());
    CHECK_THROWS_WITH(end.value(),
                      contains_text("longer than the limit of its capture, "
                                    "1000 bytes"));
    CHECK_THROWS_AS(end.value(), limit_exceeded);

    auto const all = co_await run_process(
        command("printf", "0123456789").out(stdio::capture(10)));
    CHECK(all.out == "0123456789");
    auto const last =
        co_await run_process(command("seq", "100000").out(stdio::tail(7)));
    CHECK(last.out == "100000\n");
}

TEST_CASE("TH25 commands that make no sense are refused with the reason") {
    CHECK_THROWS_WITH(command(""), contains_text("has no name"));
    CHECK_THROWS_WITH(
        command("a").arg(std::string("x\0y", 3)),
        contains_text("the argument 'x...' has a zero byte at 1"));
    CHECK_THROWS_WITH(command("a").env("A=B", "c"),
                      contains_text("'A=B' is no name of a variable"));
    CHECK_THROWS_WITH(command("a", "b").in(stdio::capture()),
                      contains_text("the input of 'a b' cannot lead there"));
    CHECK_THROWS_WITH(command("a").out(stdio::same_as_out()),
                      contains_text("the output of 'a' cannot lead there"));
    CHECK_THROWS_WITH(stdio::descriptor(-1), contains_text("-1 is no"));
    CHECK_THROWS_WITH(run_process(command("a").in(stdio::pipe())),
                      contains_text("nobody uses the pipe to 'a'"));
    CHECK_THROWS_WITH(tether::run([]() -> task<> {
                          static_cast<void>(co_await run_process(
                              command("a"), {.grace = -1s}));
                      }),
                      contains_text("the grace is negative: -1000000000 ns"));
}
