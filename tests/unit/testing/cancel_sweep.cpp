// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does cancel_sweep() try, and what does it find?
#include "sweep_test.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace tether;
using namespace tether::testing;
using namespace tether_test;

// One checkpoint each.
task<> three_steps(int& done) {
    done = 0;
    for (int i = 0; i < 3; ++i) {
        co_await checkpoint_if_cancelled();
        ++done;
    }
}

} // namespace

TEST_CASE("TE17 a body with N checkpoints runs N + 1 times, stopped at each "
          "of them once") {
    int done = 0;
    std::string ends;
    auto const report = cancel_sweep([&] { return three_steps(done); },
                                     [&] { ends += std::to_string(done); });
    CHECK(report.runs == 4);
    CHECK(report.points == 3);
    CHECK(report.missed == 0);
    CHECK(ends == "3012");
}

TEST_CASE("TE17 checkpoints are counted over all tasks, and the stop is for "
          "the whole body") {
    int finished = 0;
    int at_most = 0;
    auto const report = cancel_sweep(
        [&]() -> task<> {
            finished = 0;
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i < 3; ++i)
                    group.spawn([&]() -> task<> {
                        co_await sleep_for(1ms);
                        ++finished;
                    });
                co_await sleep_for(2ms);
            });
        },
        [&] { at_most += finished == 0 ? 0 : 1; });
    CHECK(report.runs == 5);
    CHECK(at_most == 1); // without a stop
}

TEST_CASE("TE17 a stop while the task waits finds what it began") {
    bool in_flight = false;
    auto body = [&]() -> task<> {
        in_flight = false;
        co_await suspend_cancellable<void>([&](completion<void> done) {
            in_flight = true;
            return [&, kept = std::make_shared<completion<void>>(
                           std::move(done))] {
                in_flight = false; // says that it stopped
            };
        });
    };
    auto const idle = [&] { return !in_flight; };
    CHECK(contains(failure_of([&] { cancel_sweep(body, idle); }),
                   "deadlock")); // without a stop nothing ends it
    auto bounded = [&]() -> task<> {
        auto const end = co_await move_on_after(1ms, [&] { return body(); });
        static_cast<void>(end);
    };
    cancel_sweep_options options;
    options.moment = stop_moment::waiting;
    CHECK(cancel_sweep(bounded, idle, options).points == 1);
}

TEST_CASE("TE17 on request only the task at the checkpoint is stopped") {
    int others = 0;
    cancel_sweep_options options;
    options.target = stop_target::task;
    std::size_t runs = 0;
    cancel_sweep(
        [&]() -> task<> {
            others = 0;
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i < 3; ++i)
                    group.spawn([&]() -> task<> {
                        co_await sleep_for(1ms);
                        ++others;
                    });
                co_return;
            });
        },
        [&] { return others == (runs++ == 0 ? 3 : 2); }, options);
    CHECK(runs == 4);
}

TEST_CASE("TE17 an invariant that a stop breaks is reported with the "
          "checkpoint, its place and the tasks") {
    int balance = 0;
    auto transfer = [&]() -> task<> {
        balance = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await checkpoint();
                balance -= 10;
                co_await checkpoint(); // the mistake
                balance += 10;
            });
            co_return;
        });
    };
    auto const line = std::to_string(__LINE__ - 6);
    std::string const report = failure_of(
        [&] { cancel_sweep(transfer, [&] { return balance == 0; }); });
    CHECK(contains(report, "cancel_sweep: 1 of 3 runs failed"));
    CHECK(contains(report, "stopped at checkpoint 2 of 2"));
    CHECK(contains(report, "cancel_sweep.cpp:" + line));
    CHECK(contains(report, "the invariant does not hold"));
    CHECK(contains(report, "task 'main', waits for its children"));
}

TEST_CASE("TE17 what an invariant throws is in the report") {
    int done = 0;
    std::string const report = failure_of([&] {
        cancel_sweep([&] { return three_steps(done); },
                     [&] {
                         if (done == 1)
                             throw std::runtime_error("half done");
                     });
    });
    CHECK(contains(report, "checkpoint 2 of 3"));
    CHECK(contains(report, "half done"));
}

TEST_CASE("TE17 a body that does not end when it is stopped is found") {
    std::optional<completion<void>> done;
    auto wait = [&]() -> task<> {
        co_await suspend_cancellable<void>([&](completion<void> d) {
            done.emplace(std::move(d));
            return [] { return abort_result::pending; }; // and nothing follows
        });
    };
    auto body = [&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(wait);
            co_await sleep_for(1ms);
            (*done)();
        });
    };
    cancel_sweep_options options;
    options.moment = stop_moment::waiting;
    std::string const report = failure_of([&] { cancel_sweep(body, options); });
    done.reset();
    CHECK(contains(report, "stopped at checkpoint 2 of 2"));
    CHECK(contains(report, "deadlock"));
    CHECK(contains(report, "waits for a callback"));
}

TEST_CASE("TE17 a body that goes on for ever under a shield is ended by "
          "force") {
    cancel_sweep_options options;
    options.max_checkpoints = 100;
    options.max_failures = 1;
    bool endless = false;
    std::string const report = failure_of([&] {
        cancel_sweep(
            [&]() -> task<> {
                endless = false;
                auto last_words = [&]() -> task<> {
                    endless = true;
                    while (endless)
                        co_await sleep_for(1ms);
                };
                co_await async_try([]() -> task<> {
                    co_await checkpoint();
                }).on_cancel(last_words);
            },
            options);
    });
    CHECK(contains(report, "it does not end: it passed 100 checkpoints"));
}

TEST_CASE("TE17 a frame that a stop leaves behind is found") {
    std::unique_ptr<task<>> kept;
    std::string const report = failure_of([&] {
        cancel_sweep([&]() -> task<> {
            int done = 0;
            kept = std::make_unique<task<>>(three_steps(done));
            co_await checkpoint();
            kept.reset();
        });
    });
    kept.reset();
    CHECK(contains(report, "stopped at checkpoint 1 of 1"));
    CHECK(contains(report, "are left"));
}

TEST_CASE("TE17 an error in a stopped run is a failure, unless it is "
          "expected") {
    auto body = []() -> task<> {
        auto const end = co_await move_on_after(
            1ms, []() -> task<> { co_await sleep_for(2ms); });
        if (!end)
            co_return;
    };
    CHECK(failure_of([&] { cancel_sweep(body); }).empty());
    struct loud {
        bool& stopped;
        ~loud() { stopped = true; }
    };
    auto throwing_body = []() -> task<> {
        bool stopped = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                co_await async_try([]() -> task<> {
                    co_await checkpoint();
                }).on_cancel([]() -> task<> {
                    throw std::runtime_error("cleanup failed");
                    co_return;
                });
            });
            loud const here{stopped};
            co_return;
        });
    };
    CHECK(contains(failure_of([&] { cancel_sweep(throwing_body); }),
                   "cleanup failed"));
    cancel_sweep_options options;
    options.errors_allowed = true;
    CHECK(cancel_sweep(throwing_body, options).runs == 2);
}

TEST_CASE("TE17 a body that fails by itself is reported once") {
    std::string const report = failure_of([] {
        cancel_sweep([]() -> task<> {
            co_await checkpoint();
            throw std::runtime_error("broken anyway");
        });
    });
    CHECK(contains(report, "1 of 1 runs failed\nwithout a stop"));
    CHECK(contains(report, "broken anyway"));
}
