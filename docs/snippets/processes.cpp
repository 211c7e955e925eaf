// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/processes.md, run with real programs.
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/stream.hpp>
#include <tether/thread/process_pool.hpp>
#include <tether/thread/read_lines.hpp>
#include <tether/thread/run_process.hpp>
#include <tether/thread/worker_main.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

using namespace tether;
using namespace std::chrono_literals;

namespace {

// [worker]
int worker_main() {
    return serve_frames([](std::string request) {
        if (request.empty())
            throw std::invalid_argument("nothing to reverse");
        std::reverse(request.begin(), request.end());
        return request;
    });
}
// [worker]

// This program is its own worker, before main(), when a variable says so.
bool const is_a_worker = [] {
    if (std::getenv("TETHER_SNIPPET_WORKER"))
        std::_Exit(worker_main());
    return false;
}();
command reverser() {
    return command("/proc/self/exe").env("TETHER_SNIPPET_WORKER", "1");
}

// [run]
task<std::string> sorted(std::string lines) {
    auto const done =
        co_await run_process(command("sort", "-n").in(stdio::text(lines)));
    co_return done.out;
}
// [run]

// [failed]
task<std::string> why_not() {
    try {
        co_await run_process(command("ls", "/no/such/place"));
    } catch (process_failed const& e) {
        co_return e.what(); // 'ls /no/such/place' failed, exit code 2: ls: ...
    }
    co_return "";
}
// [failed]

// [unchecked]
task<bool> same(std::string one, std::string other) {
    auto const done = co_await run_process(command("cmp", "-s", one, other),
                                           {.check_status = false});
    co_return done.status.success();
}
// [unchecked]

// [deadline]
task<> give_up() {
    co_await fail_after(20ms, "the report",
                        run_process(command("sleep", "1000"), {.grace = 1s}));
}
// [deadline]

// [talk]
task<int> sum_of_squares() {
    auto const body = [](process& shell) -> task<int> {
        int sum = 0;
        auto const add = [&](std::string line) { sum += std::stoi(line); };
        co_await shell.write("1\n2\n3\n");
        shell.close_in();
        co_await for_each(read_lines(shell.out()), add);
        co_return sum;
    };
    co_return co_await run_process(
        command("sh", "-c", "while read n; do echo $((n * n)); done"), body);
}
// [talk]

// [pool]
task<std::string> backwards(std::string text) {
    process_pool pool(reverser(), {.workers = 2, .max_frame = 4096});
    auto const work = [&](process_pool&) -> task<std::string> {
        co_return co_await pool.call(text);
    };
    co_return co_await with(pool, work);
}
// [pool]

} // namespace

TEST_CASE("docs: programs that are run to their end") {
    tether::run([]() -> task<> {
        std::string const lines = co_await sorted("10\n9\n");
        CHECK(lines == "9\n10\n");
        std::string const why = co_await why_not();
        CHECK_THAT(why, tether_test::contains_text(
                            "'ls /no/such/place' failed, exit code 2: ls: "));
        bool const equal = co_await same("/dev/null", "/dev/null");
        CHECK(equal);
        bool const differ = co_await same("/dev/null", "/proc/self/cmdline");
        CHECK_FALSE(differ);
        auto const late = co_await as_outcome(give_up());
        CHECK_THROWS_AS(late.value(), timeout_error);
    });
}

TEST_CASE("docs: programs that are talked to") {
    tether::run([]() -> task<> {
        int const sum = co_await sum_of_squares();
        CHECK(sum == 14);
        std::string const text = co_await backwards("abc");
        CHECK(text == "cba");
        auto const none = co_await as_outcome(backwards(""));
        CHECK_THROWS_WITH(none.value(),
                          tether_test::contains_text("nothing to reverse"));
    });
}
