// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What tasks of one tree share without a lock: code between two awaits is
// atomic, on one thread and on a strand of several.
#include "support/test_case.hpp"

#include <tether/scope.hpp>
#include <tether/task/co_spawn.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>

using namespace tether;
using namespace tether_test;

namespace {

// The await stands before the change, and not inside of it.
task<> increment(int& counter) {
    co_await checkpoint();
    int const seen = counter;
    counter = seen + 1;
}
task<int> count_with(int tasks) {
    int counter = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != tasks; ++i)
            group.spawn(increment, std::ref(counter));
        co_return;
    });
    co_return counter;
}

// Here it is inside, and the rule says nothing of that.
task<> increment_across_an_await(int& counter) {
    int const seen = counter;
    co_await checkpoint();
    counter = seen + 1;
}

} // namespace

TETHER_TEST_CASE("coverage row 68: increments between two awaits are exact") {
    int const three = co_await count_with(3);
    CHECK(three == 3);
    int const many = co_await count_with(100000);
    CHECK(many == 100000);
}

TETHER_TEST_CASE("coverage row 68: an await in the middle of a change lets the "
                 "others in") {
    int counter = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn(increment_across_an_await, std::ref(counter));
        co_return;
    });
    CHECK(counter == 1);
}

TEST_CASE("coverage row 68: they are exact on a strand that four threads run, "
          "too") {
    boost::asio::thread_pool pool(4);
    auto result = tether::co_spawn(boost::asio::make_strand(pool), count_with,
                                   10000, boost::asio::use_future);
    CHECK(result.get() == 10000);
    pool.join();
}
