// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do children work where the system or the program is unusual: without
/// descriptors of processes, without standard streams, with signals ignored?
#include "pool_load.hpp"

#include <atomic>
#include <cstddef>

#include <fcntl.h>
#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace {

using namespace process_test;

// A case of this program that sets up its own process first.
task<> run_alone(std::string name) {
    std::string const program =
        std::filesystem::read_symlink("/proc/self/exe").string();
    auto const done =
        co_await run_process(command(program, std::move(name)),
                             {.grace = 10ms, .check_status = false});
    INFO(done.out << done.err);
    CHECK(done.status == exit_status());
}

} // namespace

#if defined(SYS_pidfd_open) && defined(__x86_64__)
// The call fails as in a kernel that does not have it.
TEST_CASE("children without descriptors of processes", "[.no-pidfd]") {
    ::sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(::seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    ::sock_fprog program{static_cast<unsigned short>(std::size(steps)), steps};
    REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    REQUIRE(tether::detail::open_process_descriptor(::getpid()) == -1);
    nothing_left const check;
    tether::run([]() -> task<> {
        auto const done = co_await run_process(command("echo", "here"));
        CHECK(done.out == "here\n");
        auto const ended =
            co_await move_on_after(30ms, run_process(deaf(), {.grace = 10ms}));
        CHECK_FALSE(ended);
        process_pool pool(this_program("worker").err(stdio::null()));
        co_await with(pool, [&](process_pool&) -> task<> {
            std::string const answer = co_await pool.call("abc");
            CHECK(answer == "cba");
        });
    });
    // Ends are seen late, so that others may have the place before.
    for (int i = 0; i != 3; ++i)
        pool_under_load();
}

TEST_CASE("TH25 without descriptors of processes the end of a child is looked "
          "for") {
    tether::run([] { return run_alone("[.no-pidfd]"); });
}
#endif

TEST_CASE("children of a program without standard streams", "[.closed]") {
    for (int const stream : {0, 1, 2})
        ::close(stream);
    bool well = true;
    tether::run([&]() -> task<> {
        auto const done = co_await run_process(
            shell("cat; echo out; echo err >&2").in(stdio::text("in\n")));
        well = done.out == "in\nout\n" && done.err == "err\n";
        auto const swapped = co_await run_process(
            shell("echo out; echo err >&2").err(stdio::null()));
        well = well && swapped.out == "out\n";
    });
    std::_Exit(well ? 0 : 1);
}

TEST_CASE("TH25 a program without standard streams runs children") {
    tether::run([] { return run_alone("[.closed]"); });
}

TEST_CASE("children of a program that ignores signals", "[.ignores]") {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    ::sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    tether::run([]() -> task<> {
        exit_status const piped = co_await run_process(
            shell("kill -PIPE $$; echo here"), {.check_status = false},
            [](process& child) { return child.wait(); });
        CHECK(piped.signal() == SIGPIPE);
        exit_status const asked =
            co_await run_process(command("sleep", "100"),
                                 [](process& child) { return child.end(1h); });
        CHECK(asked.signal() == SIGTERM);
    });
}

TEST_CASE("TH25 what a program ignores and blocks, its children do not") {
    tether::run([] { return run_alone("[.ignores]"); });
}

TEST_CASE("TH25 a program that ignores its children is told so") {
    nothing_left const check;
    auto const before = std::signal(SIGCHLD, SIG_IGN);
    CHECK_THROWS_WITH(tether::run([]() -> task<> {
                          static_cast<void>(
                              co_await run_process(command("true")));
                      }),
                      contains_text("this program ignores SIGCHLD"));
    std::signal(SIGCHLD, before);
}

TEST_CASE("TH25 a status that another part of the program took is an error") {
    nothing_left const check;
    tether::run([]() -> task<> {
        auto const lost = []() -> task<> {
            co_await run_process(command("cat"), [](process& child) -> task<> {
                child.close_in();
                ::waitpid(-1, nullptr, 0);
                co_await child.wait();
            });
        };
        auto const end = co_await as_outcome(lost());
        CHECK_THROWS_WITH(end.value(),
                          contains_text("the status of 'cat' is lost"));
    });
}

TEST_CASE(
    "TH25 a handler of SIGCHLD is left alone, and hears of our children") {
    static std::atomic<int> calls{0};
    auto const before = std::signal(SIGCHLD, [](int) { ++calls; });
    tether::run([]() -> task<> {
        static_cast<void>(co_await run_process(command("true")));
    });
    CHECK(calls > 0);
    CHECK(std::signal(SIGCHLD, before) != SIG_DFL);
}
