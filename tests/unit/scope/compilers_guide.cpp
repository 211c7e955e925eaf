// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do the forms that docs/compilers.md recommends work?
#include "support/test_case.hpp"

#include <tether/scope/with_task_group.hpp>
#include <tether/task/task.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using tether::task, tether::task_group, tether::with_task_group;

struct query {
    std::string table;
    std::vector<std::string> columns;
};

task<std::string> run_query(query const& q) {
    co_await tether::checkpoint();
    co_return q.table + std::to_string(q.columns.size());
}

task<std::string> cached() {
    co_await tether::checkpoint();
    co_return "cached";
}

task<std::string> fetched() {
    co_await tether::checkpoint();
    co_return "fetched";
}

} // namespace

TETHER_TEST_CASE("compilers: a named closure owns what it captured") {
    int seen = 0;
    auto owned = std::make_unique<int>(7);
    // [named-closure]
    auto body = [&seen, owned = std::move(owned)](task_group&) -> task<> {
        seen = *owned;
        co_return;
    };
    co_await with_task_group(body); // the name, not std::move(body)
    // [named-closure]
    CHECK(seen == 7);
}

TETHER_TEST_CASE("compilers: a closure of references may stand in co_await") {
    int seen = 0;
    // [reference-closure]
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            [](int& to) -> task<> {
                to = 8;
                co_return;
            },
            std::ref(seen));
        co_return;
    });
    // [reference-closure]
    CHECK(seen == 8);
}

TETHER_TEST_CASE("compilers: a named aggregate is destroyed once") {
    // [named-aggregate]
    query const all{"users", {"id", "name"}};
    auto rows = co_await run_query(all);
    // [named-aggregate]
    CHECK(rows == "users2");
}

TETHER_TEST_CASE("compilers: a branch instead of a conditional operator") {
    for (bool const warm : {true, false}) {
        // [branch]
        std::string page;
        if (warm)
            page = co_await cached();
        else
            page = co_await fetched();
        // [branch]
        CHECK(page == (warm ? "cached" : "fetched"));
    }
}
