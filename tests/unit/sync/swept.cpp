// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Is anything lost when a stop comes at any checkpoint of those who use a
/// primitive, in whatever order they run?
#include "sync_rows.hpp"

#include "support/sweeps.hpp"

#include <tether/testing/conformance_lock.hpp>

#include <memory>
#include <string>

using namespace tether;
using namespace tether_test;

namespace {

// Ends by itself, whoever is stopped and whoever comes too late.
task<> use(row& r) {
    co_await r.prepare();
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn([&r](std::string name) { return r.wait(name); },
                        std::to_string(i));
        for (int i = 0; i != 4; ++i)
            co_await checkpoint();
        co_await r.release();
        for (int i = 0; i != 20; ++i)
            co_await checkpoint();
        group.cancel();
    });
}

} // namespace

TEST_CASE("no stop at any checkpoint and no order of tasks loses what a "
          "primitive has") {
    for (auto const make_row : rows) {
        std::unique_ptr<row> r;
        auto const body = [&]() -> task<> {
            r = make_row();
            co_await use(*r);
        };
        auto const at_rest = [&] { return r->at_rest(); };
        INFO(make_row()->name());
        run_virtual(body);
        CHECK(r->got.text() == "0 1 2");
        sweep_all_stops(body, at_rest, 20);
        explore_with_stops(100, body, at_rest);
    }
}

TETHER_TEST_CASE("shared_mutex and capacity_limiter keep the rules of locks") {
    using tether::testing::lock_conformance;
    auto const writers =
        lock_conformance([] { return std::make_unique<shared_mutex>(); },
                         [](shared_mutex& m) { return m.lock(); },
                         [](shared_mutex& m) { return m.try_lock(); });
    co_await writers.run_all();
    auto const borrowers =
        lock_conformance([] { return std::make_unique<capacity_limiter>(1); },
                         [](capacity_limiter& l) { return l.acquire(); },
                         [](capacity_limiter& l) { return l.try_acquire(); });
    co_await borrowers.run_all();
}
