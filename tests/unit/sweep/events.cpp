// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do retries, supervisors and event buses stand every stop, every fault and
/// every order?
#include "everywhere.hpp"

#include <tether/resilience/event_bus.hpp>
#include <tether/resilience/retry.hpp>
#include <tether/resilience/supervisor.hpp>

namespace {

using namespace tether_test;

task<> retried(world& w) {
    retry_budget budget;
    auto const flaky = [&](std::size_t attempt) -> task<int> {
        life me(w);
        int const n = co_await work(w, me, 1);
        if (attempt != 3)
            throw std::runtime_error("again");
        co_return n;
    };
    retry_policy const policy{.backoff = backoff::constant(1ms),
                              .budget = &budget};
    int got = 0;
    try {
        auto both =
            co_await when_all(retry(policy, flaky), retry(policy, flaky));
        got = std::get<0>(both);
    } catch (exception_group const& errors) {
        // An attempt that fails although it was cancelled is the last one.
        auto const* const e = errors.first<retry_failed>();
        if (!e || e->why() != retry_end::deadline)
            throw;
        co_return;
    }
    require(got == 1, "the result is that of an attempt");
}

task<> supervised(world& w) {
    supervisor sup({.strategy = restart_strategy::rest_for_one,
                    .max_restarts = 2,
                    .backoff = backoff::constant(1ms)});
    sup.on_failure([](child_failure const&) {});
    int failures = 2;
    auto const child = [&w, &failures]() -> task<> {
        life me(w);
        static_cast<void>(co_await work(w, me, 1));
        if (failures-- > 0)
            static_cast<void>(co_await failing(w, me, 1));
        co_await sleep_for(3ms);
    };
    sup.add("a", child, restart::transient);
    sup.add("b", child, restart::transient);
    sup.add("c", child, restart::temporary);
    try {
        co_await sup.run();
    } catch (supervisor_failed const&) {
        require(sup.restarts() <= 2, "no more restarts than allowed");
    }
}

task<> published(world& w) {
    co_await with_task_group([&](task_group& group) -> task<> {
        event_bus bus(group);
        bus.on_error([](event_failure const&) {});
        event_subscription own;
        own = bus.subscribe<int>([&](int const& n) -> task<> {
            life me(w);
            if (n == 2)
                own.unsubscribe();
            co_await checkpoint();
        });
        auto const slow = bus.subscribe<int>(
            [&w](int const& n) -> task<> {
                life me(w);
                if (n == 1)
                    static_cast<void>(co_await failing(w, me, 1));
                static_cast<void>(co_await work(w, me, 1));
            },
            {.capacity = 1});
        for (int i = 0; i != 4; ++i)
            co_await bus.publish(i);
        try {
            co_await bus.publish_and_wait(1);
        } catch (exception_group const&) {
        }
        co_await bus.close();
    });
}

} // namespace

TEST_CASE("TE17 retry, swept") {
    everywhere(retried, 50);
}
TEST_CASE("TE17 supervisor, swept") {
    everywhere(supervised, 50);
}
TEST_CASE("TE17 event_bus, swept") {
    everywhere(published, 50);
}
