// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Does anything of a child stay behind: with many at once, when starting fails
/// half-way, at every stop and at every failure?
#include "process_test.hpp"

#include "support/sweeps.hpp"

#include <tether/combine/for_each_concurrent.hpp>
#include <tether/testing/fault_sweep.hpp>

#include <atomic>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>

namespace {

using namespace process_test;

// There are so many descriptors left.
class few_descriptors {
public:
    explicit few_descriptors(std::size_t left) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        ::rlimit now = before_;
        now.rlim_cur = 1024;
        ::setrlimit(RLIMIT_NOFILE, &now);
        for (;;) {
            taken_.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            if (taken_.back().get() < 0)
                break;
        }
        taken_.resize(taken_.size() - 1 - left);
    }
    few_descriptors(few_descriptors const&) = delete;
    few_descriptors& operator=(few_descriptors const&) = delete;
    ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    ::rlimit before_{};
    std::vector<tether::detail::file_descriptor> taken_;
};

task<> talk_to_cat() {
    auto const body = [](process& cat) -> task<> {
        static_cast<void>(co_await cat.write("a\n"));
        auto lines = read_lines(cat.out());
        static_cast<void>(co_await line_of(lines));
        cat.close_in();
    };
    co_await run_process(command("cat").err(stdio::tail()), body);
}

task<> sort_something() {
    static_cast<void>(
        co_await run_process(command("sort").in(stdio::text("b\na\n"))));
}

bool clean() {
    return !has_children();
}

} // namespace

TEST_CASE("TH25 two hundred children at once leave nothing behind") {
    nothing_left const check;
    int ended = 0;
    tether::run([&]() -> task<> {
        nothing_left const inside;
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 200; ++i)
                group.spawn(
                    [&ended](int number) -> task<> {
                        auto const done = co_await run_process(
                            command("echo", std::to_string(number)));
                        ended +=
                            done.out == std::to_string(number) + '\n' ? 1 : 0;
                    },
                    i);
            co_return;
        });
    });
    CHECK(ended == 200);
}

TEST_CASE("TH25 two hundred children that are stopped leave nothing behind") {
    nothing_left const check;
    tether::run([]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            for (int i = 0; i != 200; ++i)
                group.spawn([]() -> task<> {
                    static_cast<void>(
                        co_await run_process(command("sleep", "100")));
                });
            co_await checkpoint();
            group.cancel();
        });
    });
}

TETHER_TEST_CASE("TH25 without descriptors a child is not started, and what "
                 "was opened for it is closed") {
    nothing_left const check;
    bool started = false;
    std::size_t refused = 0;
    for (std::size_t more = 0; !started; ++more) {
        few_descriptors const limit(more);
        auto const end = co_await as_outcome(sort_something());
        started = end.has_value();
        if (!started) {
            CHECK_THROWS_WITH(end.value(),
                              contains_text("Too many open files"));
            ++refused;
        }
        CHECK_FALSE(has_children());
    }
    CHECK(refused >= 5);
}

TEST_CASE("TH25 a stop at any checkpoint ends the child") {
    sweep_stops(talk_to_cat, 4);
    sweep_stops(sort_something, 4);
}

TEST_CASE("TH25 a failure of anything ends the child") {
    auto const report = testing::fault_sweep(talk_to_cat, clean);
    CHECK(report.points > 15);
    auto const sorted = testing::fault_sweep(sort_something, clean);
    CHECK(sorted.points > 20);
}

TEST_CASE("TH25 other orders of the tasks around a child make no difference") {
    tether_test::explore_with_stops(5, talk_to_cat, clean);
}

TEST_CASE("TH25 children that several threads start inherit nothing of each "
          "other") {
    nothing_left const check;
    std::atomic<int> wrong{0};
    // What this program has open without O_CLOEXEC is not inherited, either.
    tether::detail::file_descriptor const open(
        ::open("/dev/null", O_RDONLY)); // NOLINT(android-cloexec-open)
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back([&wrong] {
            tether::run([&wrong]() -> task<> {
                for (int n = 0; n != 20; ++n) {
                    auto const seen = co_await run_process(
                        shell("for i in /proc/self/fd/*; do echo ${i##*/}; "
                              "done")
                            .in(stdio::text("input")));
                    // The shell's own are those that it names.
                    if (!seen.out.starts_with("0\n1\n2\n") ||
                        seen.out.size() > 8)
                        ++wrong;
                }
            });
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("RU33 a loop that gets no descriptor for its timer says so to who "
          "sleeps") {
    boost::asio::io_context io(1);
    auto const sleep = []() -> task<> { co_await sleep_for(1ms); };
    {
        few_descriptors const none(0);
        CHECK_THROWS_AS(tether::run(io, sleep), system_error);
    }
    tether::run(io, sleep);
}
