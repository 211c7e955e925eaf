// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does a child ever outlive its scope: when that is stopped, fails, runs out
/// of time, or goes with its context?
#include "process_test.hpp"

#include <tether/task/co_spawn.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace {

using namespace process_test;

// A child, once it has said that it is ready.
struct watched {
    ::pid_t pid = 0;
    event ready;
    bool ended = false;
};

// Its scope is cancelled as soon as it is ready; the test goes on meanwhile.
task<> cancelled_when_ready(command what, process_options options,
                            watched& child) {
    bool const unharmed =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto const body = [&](process& p) -> task<> {
                co_await until_ready(p);
                child.pid = p.pid();
                child.ready.set();
                scope.cancel();
                co_await p.wait();
            };
            co_await run_process(std::move(what), options, body);
        });
    CHECK_FALSE(unharmed);
    child.ended = true;
}

} // namespace

TETHER_TEST_CASE("TH25 a child whose scope is cancelled gets SIGTERM and is "
                 "waited for") {
    nothing_left const check;
    watched child;
    co_await cancelled_when_ready(
        shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"),
        {}, child);
    CHECK(is_gone(child.pid));
}

TETHER_TEST_CASE("TH25 a child that ignores SIGTERM is killed after its grace, "
                 "and not before") {
    nothing_left const check;
    watched child;
    stopwatch const watch;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(cancelled_when_ready, deaf(), process_options{.grace = 3s},
                    std::ref(child));
        co_await child.ready.wait();
        co_await settle();
        co_await advance(2900ms);
        // The end of a child that was killed would be heard of by now.
        for (int i = 0; i != 3; ++i)
            co_await run_process(command("true"));
        CHECK_FALSE(child.ended);
        CHECK_FALSE(is_gone(child.pid));
        co_await advance(100ms);
    });
    CHECK(child.ended);
    CHECK(is_gone(child.pid));
    CHECK(watch.elapsed() == 3s);
}

TETHER_TEST_CASE("TH25 an error of the body ends the child") {
    nothing_left const check;
    ::pid_t pid = 0;
    auto const fails = [&]() -> task<> {
        co_await run_process(command("sleep", "100"),
                             [&](process& child) -> task<> {
                                 pid = child.pid();
                                 throw std::runtime_error("no more");
                                 co_return;
                             });
    };
    auto const end = co_await as_outcome(fails());
    CHECK_THROWS_WITH(end.value(), contains_text("no more"));
    CHECK(is_gone(pid));
}

TEST_CASE("TH25 a child is ended by a deadline, in real time") {
    nothing_left const check;
    tether::run([]() -> task<> {
        auto const ended =
            co_await move_on_after(20ms, run_process(command("sleep", "100")));
        CHECK_FALSE(ended);
        auto const deaf_one =
            co_await move_on_after(50ms, run_process(deaf(), {.grace = 10ms}));
        CHECK_FALSE(deaf_one);
    });
}

TETHER_TEST_CASE("TH25 a child may say much while it ends, which is read") {
    nothing_left const check;
    watched child;
    // Its grace would not end here, where no time passes.
    co_await cancelled_when_ready(
        shell("trap 'seq 100000; seq 100000 >&2; exit 0' TERM; echo ready; "
              "while :; do sleep 0.01; done")
            .err(stdio::capture()),
        {}, child);
    CHECK(child.ended);
}

TETHER_TEST_CASE("TH25 with a group of its own all that a child has started "
                 "ends with it") {
    nothing_left const check;
    ::pid_t grandchild = 0;
    co_await run_process(shell("sleep 100 & echo $!; wait").own_group(),
                         [&](process& child) -> task<> {
                             auto lines = read_lines(child.out());
                             std::string const number = co_await line_of(lines);
                             grandchild = std::stoi(number);
                             child.terminate();
                         });
    CHECK(grandchild > 0);
    while (!is_gone(grandchild)) // a child of init by now
        co_await settle(1ms);
    // Here it would keep the output open for as long as it runs.
    auto const done =
        co_await run_process(shell("sleep 100 & echo $!").own_group());
    grandchild = std::stoi(done.out);
    while (!is_gone(grandchild))
        co_await settle(1ms);
}

TEST_CASE("TH25 a child is killed and reaped when the context of its task is "
          "destroyed") {
    nothing_left const check;
    ::pid_t pid = 0;
    bool ready = false;
    {
        boost::asio::io_context io(1);
        auto const main = [&]() -> task<> {
            auto const body = [&](process& child) -> task<> {
                pid = child.pid();
                co_await until_ready(child);
                ready = true;
                co_await child.wait();
            };
            co_await run_process(deaf(), body);
        };
        tether::co_spawn(io, main, boost::asio::detached);
        while (!ready)
            io.run_one();
        CHECK_FALSE(is_gone(pid));
    }
    CHECK(is_gone(pid));
}

TETHER_TEST_CASE("TH25 a forced cancel does not wait for the grace") {
    nothing_left const check;
    watched child;
    cancel_scope outer;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const inside = [&]() -> task<> {
                co_await cancelled_when_ready(deaf(), {.grace = 1h}, child);
            };
            static_cast<void>(co_await with_cancel_scope(outer, inside));
        });
        co_await child.ready.wait();
        co_await settle();
        outer.cancel();
        co_await settle();
        CHECK_FALSE(is_gone(child.pid));
        tether::detail::running_loop()->force(
            tether::detail::scope_access::node(outer));
    });
    CHECK(is_gone(child.pid));
    CHECK_FALSE(child.ended);
}

TETHER_TEST_CASE("TH25 in a cancelled scope nothing is started") {
    nothing_left const check;
    bool started = false;
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await run_process(command("true"), [&](process&) -> task<> {
                started = true;
                co_return;
            });
        });
    CHECK_FALSE(ended);
    CHECK_FALSE(started);
}

TETHER_TEST_CASE("TH25 end() asks, waits and then makes it end") {
    nothing_left const check;
    co_await run_process(deaf(), [&](process& child) -> task<> {
        co_await until_ready(child);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(eager, [&]() -> task<> {
                exit_status const how = co_await child.end(2s);
                CHECK(how.signal() == SIGKILL);
            });
            co_await settle();
            CHECK_FALSE(child.status());
            co_await advance(2s);
        });
        exit_status const again = co_await child.end(2s);
        CHECK(again.signal() == SIGKILL);
    });
}
