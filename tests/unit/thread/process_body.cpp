// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Can a body talk to a child, in both directions, without a deadlock and
/// without a signal?
#include "process_test.hpp"

#include <tether/core/format_error.hpp>

#include <boost/asio/read.hpp>

#include <fcntl.h>

namespace {

using namespace process_test;
namespace asio = boost::asio;

// What SIGPIPE does, for the time of a case.
class broken_pipe_is_deadly {
public:
    broken_pipe_is_deadly() : before_(std::signal(SIGPIPE, SIG_DFL)) {}
    broken_pipe_is_deadly(broken_pipe_is_deadly const&) = delete;
    broken_pipe_is_deadly& operator=(broken_pipe_is_deadly const&) = delete;
    ~broken_pipe_is_deadly() { std::signal(SIGPIPE, before_); }

private:
    void (*before_)(int);
};

bool sigpipe_is_pending() {
    ::sigset_t now;
    ::sigpending(&now);
    return ::sigismember(&now, SIGPIPE) == 1;
}

} // namespace

TETHER_TEST_CASE("TH25 a body writes to a child and reads what it says") {
    nothing_left const check;
    int const sum = co_await run_process(
        shell("while read a b; do echo $((a + b)); done"),
        [](process& adder) -> task<int> {
            int total = 0;
            CHECK(adder.pid() > 0);
            CHECK_FALSE(adder.status());
            auto answers = read_lines(adder.out());
            auto body = [&](auto& lines) -> task<> {
                for (int i = 0; i != 10; ++i) {
                    std::string const question = std::to_string(i) + " 1\n";
                    bool const heard = co_await adder.write(question);
                    CHECK(heard);
                    std::string const line = co_await line_of(lines);
                    total += std::stoi(line);
                }
                adder.close_in();
                std::string const rest = co_await line_of(lines);
                CHECK(rest.empty());
            };
            co_await consume(answers, body);
            exit_status const how = co_await adder.wait();
            CHECK(how.success());
            CHECK(adder.status() == how);
            CHECK_FALSE(adder.signal(SIGHUP));
            co_return total;
        });
    CHECK(sum == 55);
}

TETHER_TEST_CASE("TH25 a child that floods both outputs while its input is "
                 "written holds nobody up") {
    nothing_left const check;
    std::string const input(700'000, 'i');
    auto const all =
        co_await run_process(this_program("flood").in(stdio::text(input)));
    CHECK(all.out.size() == 300 * 1001);
    CHECK(all.err.size() == 300 * 1001 + 6);
    CHECK(all.err.ends_with("700000"));

    std::size_t said = 0;
    co_await run_process(this_program("flood").err(stdio::tail(100)),
                         [&](process& child) -> task<> {
                             auto const feed = [&]() -> task<> {
                                 bool const heard = co_await child.write(input);
                                 CHECK(heard);
                                 child.close_in();
                             };
                             auto const listen = [&]() -> task<> {
                                 std::vector<char> part(4096);
                                 std::size_t got = 1;
                                 while (got != 0) {
                                     got = co_await tether::detail::read_part(
                                         child.out(), asio::buffer(part));
                                     said += got;
                                 }
                             };
                             co_await when_all(feed(), listen());
                         });
    CHECK(said == 300 * 1001);
}

TETHER_TEST_CASE("TH25 a child that closes its input is no error unless asked "
                 "for, and no signal") {
    nothing_left const check;
    broken_pipe_is_deadly const deadly;
    std::string const input(1'000'000, 'i');
    auto const done = co_await run_process(
        shell("exec <&-; echo closed").in(stdio::text(input)));
    CHECK(done.out == "closed\n");
    auto const strict = [&]() -> task<> {
        static_cast<void>(co_await run_process(
            command("true").in(stdio::text(input)), {.check_input = true}));
    };
    auto const end = co_await as_outcome(strict());
    CHECK_THROWS_WITH(end.value(),
                      contains_text("'true' did not read all of its input of "
                                    "1000000 bytes"));
    auto const complete = co_await run_process(
        command("cat").in(stdio::text("all")), {.check_input = true});
    CHECK(complete.out == "all");

    co_await run_process(command("true"), [&](process& child) -> task<> {
        co_await child.wait();
        bool heard = co_await child.write("x");
        CHECK_FALSE(heard);
        auto const raw = [&]() -> task<> {
            co_await asio::async_write(child.in(), asio::buffer("x", 1),
                                       use_task);
        };
        auto const failed = co_await as_outcome(raw());
        CHECK_THROWS_WITH(failed.value(), contains_text("Broken pipe"));
    });
    CHECK_FALSE(sigpipe_is_pending());
}

TEST_CASE("TH25 a SIGPIPE that was pending before stays so") {
    ::sigset_t pipe;
    ::sigset_t before;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
    auto ends = tether::detail::make_pipe("a pipe");
    ends.read.reset();
    boost::system::error_code error;
    auto const attempt = [&] {
        tether::detail::quiet_write(ends.write.get(), asio::buffer("x", 1),
                                    error);
        return error;
    };
    CHECK(attempt() == asio::error::broken_pipe);
    CHECK_FALSE(sigpipe_is_pending());
    ::raise(SIGPIPE);
    CHECK(attempt() == asio::error::broken_pipe);
    CHECK(sigpipe_is_pending());
    int number = 0;
    ::sigwait(&pipe, &number);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TETHER_TEST_CASE("TH25 a body that has read enough ends the pipe, and the "
                 "child is no failure") {
    nothing_left const check;
    std::string const first = co_await run_process(
        command("yes"), [](process& child) -> task<std::string> {
            auto lines = read_lines(child.out());
            std::string line = co_await line_of(lines);
            co_return line;
        });
    CHECK(first == "y");
}

// The child takes its time to end: one that is gone at once is not read from.
TETHER_TEST_CASE("TH25 a body that fails and a stream that fails after it are "
                 "both told") {
    nothing_left const check;
    auto const body = [](process& child) -> task<> {
        auto lines = read_lines(child.out());
        std::string const ready = co_await line_of(lines);
        CHECK(ready == "ready");
        int const deaf = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup3(deaf, child.out().native_handle(), O_CLOEXEC);
        ::close(deaf);
        throw std::runtime_error("the body gave up");
    };
    auto const both = [&]() -> task<> {
        co_await run_process(shell("trap 'sleep 0.2; exit' TERM; echo ready; "
                                   "while :; do sleep 0.01; done"),
                             body);
    };
    auto const end = co_await as_outcome(both());
    std::string const text = format_error(end.error());
    CHECK_THAT(text, contains_text("the body gave up"));
    CHECK_THAT(text, contains_text("Bad file descriptor"));
}

TETHER_TEST_CASE("TH25 a child that the body has asked to end is no failure") {
    nothing_left const check;
    exit_status const how = co_await run_process(
        command("sleep", "100"), [](process& child) -> task<exit_status> {
            child.terminate();
            co_return co_await child.wait();
        });
    CHECK(how == exit_status::of_signal(SIGTERM));
    co_await run_process(command("sleep", "100"), [](process& child) -> task<> {
        child.kill();
        co_return;
    });
    auto const other = []() -> task<> {
        co_await run_process(command("sleep", "100"),
                             [](process& child) -> task<> {
                                 child.signal(SIGUSR1);
                                 co_return;
                             });
    };
    auto const end = co_await as_outcome(other());
    CHECK_THROWS_WITH(end.value(),
                      contains_text("'sleep 100' failed, killed by SIGUSR1"));
}

TETHER_TEST_CASE("TH25 a line that is longer than the limit is an error, and "
                 "the last one needs no line feed") {
    nothing_left const check;
    auto const lines_of = [](command what,
                             std::size_t most) -> task<std::string> {
        co_return co_await run_process(
            std::move(what), [&](process& child) -> task<std::string> {
                std::string all;
                co_await for_each(
                    read_lines(child.out(), {.max_line = most}),
                    [&](std::string line) { all += '<' + line + '>'; });
                co_return all;
            });
    };
    std::string const all =
        co_await lines_of(command("printf", "a\n\nlong\nend"), 4);
    CHECK(all == "<a><><long><end>");
    auto const end =
        co_await as_outcome(lines_of(command("printf", "12345"), 4));
    CHECK_THROWS_WITH(end.value(), contains_text("longer than max_line, 4 by"));
}

TETHER_TEST_CASE("TH25 a stream that is no pipe to the body is an error that "
                 "says how it becomes one") {
    nothing_left const check;
    co_await run_process(
        command("true").in(stdio::null()), [](process& child) -> task<> {
            CHECK_THROWS_WITH(child.in(),
                              contains_text("command::in(stdio::pipe())"));
            CHECK_THROWS_AS(child.write("x"), std::logic_error);
            CHECK_THROWS_WITH(child.err(), contains_text("command::err("));
            co_return;
        });
}
