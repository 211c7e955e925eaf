// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// compiles
/// \file
/// The control: the same includes and flags, used as they should be.
#include <tether/scope.hpp>
#include <tether/task/run.hpp>
#include <tether/task/sleep.hpp>

#include <chrono>
#include <memory>

using namespace tether;

task<int> answer() {
    co_return 42;
}

task<> uses_everything() {
    task<int> later = answer();
    int sum = co_await answer();
    sum += co_await std::move(later);
    auto owned = std::make_unique<int>(sum);
    auto named_body = [owned = std::move(owned)](task_group& group) -> task<> {
        group.spawn(answer);
        group.spawn([](int) -> task<> { co_return; }, *owned);
        co_return;
    };
    co_await with_task_group(named_body);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(eager, answer);
        co_await sleep_for(std::chrono::seconds(0));
    });
}

int main() {
    run(uses_everything);
}
