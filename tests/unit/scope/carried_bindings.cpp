// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does work on another thread or loop see of the task_locals of the task
/// that sent it?
#include "unit/scope/group_test.hpp"

#include <tether/scope/detail/carried_bindings.hpp>
#include <tether/scope/task_local.hpp>
#include <tether/task/run.hpp>

#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace tether_test;
using detail::carried_bindings;

task_local<std::string> const who("nobody", "who");
task_local<std::unique_ptr<int>> const number;

// Runs `f` on a thread that works for the owner of `carried`.
template<class F>
void on_worker(carried_bindings const& carried, F f) {
    std::thread([&] {
        detail::worker_base worker;
        worker.carried = &carried;
        detail::current_worker = &worker;
        f();
        detail::current_worker = nullptr;
    }).join();
}

// The main task of another loop, which was sent there with `carried`.
template<class F>
task<std::string> sent(carried_bindings const& carried, F f) {
    detail::running_record().more().carried = &carried;
    co_await checkpoint();
    std::string const seen = co_await f();
    co_return seen;
}

std::string see() {
    return who.get() + (number.find() ? std::to_string(*number.get()) : "-");
}

} // namespace

TETHER_TEST_CASE("TH07 a worker thread sees what was bound where the task left "
                 "it, also what cannot be copied") {
    std::string seen;
    co_await with_task_local(
        number, std::make_unique<int>(7).release(), [&]() -> task<> {
            co_await with_task_local(who, "ann", [&]() -> task<> {
                co_await with_task_local(who, "bob", [&]() -> task<> {
                    auto const carried = carried_bindings::here();
                    on_worker(carried, [&] {
                        seen = see();
                        // The next hop passes on what came with the first.
                        auto const again = carried_bindings::here();
                        on_worker(again, [&] { seen += " " + see(); });
                    });
                    co_return;
                });
            });
        });
    CHECK(seen == "bob7 bob7");
    CHECK(carried_bindings::here().empty());
    std::thread([&] { seen = see(); }).join();
    CHECK(seen == "nobody-");
}

TETHER_TEST_CASE("TH07 a task on another loop sees it around its own bindings, "
                 "which do not leak back") {
    std::string there;
    std::string after;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        auto const carried = carried_bindings::here();
        auto const body = [&]() -> task<std::string> {
            std::string seen = see();
            co_await with_task_local(who, "bob", [&]() -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn([&]() -> task<> {
                        seen += " " + see();
                        co_return;
                    });
                    co_return;
                });
            });
            co_return seen + " " + see();
        };
        std::thread([&] {
            there = run([&] { return sent(carried, body); });
        }).join();
        after = see();
        co_return;
    });
    CHECK(there == "ann- bob- ann-");
    CHECK(after == "ann-");
}

TETHER_TEST_CASE("TH07 a loop that a worker runs for itself sees what the "
                 "worker sees") {
    std::string seen;
    co_await with_task_local(who, "ann", [&]() -> task<> {
        auto const carried = carried_bindings::here();
        on_worker(carried, [&] {
            seen = run([]() -> task<std::string> {
                co_await checkpoint();
                co_return see();
            });
        });
        co_return;
    });
    CHECK(seen == "ann-");
}

TETHER_TEST_CASE("TH03 what was carried outlives the binding, for work that is "
                 "left behind") {
    carried_bindings carried;
    co_await with_task_local(who, std::string(100, 'x'), [&]() -> task<> {
        carried = carried_bindings::here();
        co_return;
    });
    std::string seen;
    on_worker(carried, [&] { seen = see(); });
    CHECK(seen == std::string(100, 'x') + "-");
}
