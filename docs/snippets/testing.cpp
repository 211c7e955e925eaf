// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The tour of docs/testing.md.
#include <tether/testing.hpp>
#include <tether/testing/catch2.hpp>
#include <tether/tether.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace tether;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// [ticker]
task<> tick(std::vector<int>& seen) {
    for (int i = 1;; ++i) {
        co_await sleep_for(10s);
        seen.push_back(i);
    }
}
// [ticker]

// [case]
TETHER_TEST_CASE("a slow answer is given up after a minute") {
    auto const start = this_task::now();
    auto const answer = co_await move_on_after(1min, sleep_for(24h));
    CHECK(!answer);
    CHECK(this_task::now() - start == 1min); // and the test took no time
}
// [case]

// [advance]
TETHER_TEST_CASE("the ticker ticks every ten seconds") {
    std::vector<int> seen;
    testing::spawn_background(tick, std::ref(seen));
    co_await testing::advance(25s);
    CHECK(seen == std::vector{1, 2});
    co_await testing::advance(5s);
    CHECK(seen == std::vector{1, 2, 3});
    co_await testing::end_background(); // it refers to seen
}
// [advance]

// [settle]
TETHER_TEST_CASE("a waiter goes on when the event is set") {
    event ready;
    bool done = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await ready.wait();
            done = true;
        });
        co_await testing::settle(); // the child waits for the event now
        CHECK(!done);
        ready.set();
        co_await testing::settle();
        CHECK(done);
    });
}
// [settle]

// [sequencer]
TETHER_TEST_CASE("the late writer wins") {
    std::string value;
    testing::sequencer order;
    auto writer = [&](std::size_t step, std::string text) -> task<> {
        auto const turn = co_await order.step(step);
        value = text;
    };
    co_await when_all(writer(1, "late"), writer(0, "early"));
    CHECK(value == "late");
}
// [sequencer]

// [fixture]
struct ticking {
    task<> around(testing::fixture_body& rest) {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(tick, std::ref(seen));
            co_await rest();
            group.cancel();
        });
    }
    std::vector<int> seen;
};

TETHER_TEST_CASE_METHOD(ticking, "a minute has six ticks") {
    co_await testing::advance(1min);
    CHECK(seen.size() == 6);
}
// [fixture]

// [pool]
TETHER_TEST_CASE("the second job may be done first") {
    testing::manual_pool pool;
    std::string done;
    auto job = [&](std::string name) -> task<> {
        co_await asio::post(pool.get_executor(), use_task);
        done += name;
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(job, "a");
        group.spawn(job, "b");
        co_await testing::settle();
        pool.run_one(1);
        pool.run_one();
    });
    CHECK(done == "ba");
}
// [pool]

// [checkpoints]
TETHER_TEST_CASE("a permit that is free can be refused by a cancel") {
    semaphore limit(1);
    co_await testing::assert_checkpoints(
        [&]() -> task<> { auto permit = co_await limit.acquire(); });
    co_await testing::assert_no_checkpoints([&]() -> task<> {
        auto permit = limit.try_acquire();
        CHECK(permit);
        co_return;
    });
}
// [checkpoints]

// [options]
TEST_CASE("the clock jumps although a socket is open") {
    testing::test_options options;
    options.name = "idle connection";
    options.clock.autojump_threshold = 1ms; // of real time without I/O
    options.hang_guard = 10s;
    testing::run_test(
        []() -> task<> {
            asio::steady_timer io(this_task::executor(), 1h);
            co_await race(io.async_wait(use_task), sleep_for(30min));
        },
        options);
}
// [options]

// [errors]
TETHER_TEST_CASE("an error that nobody looks at is reported") {
    auto failing = []() -> task<> {
        co_await checkpoint();
        throw std::runtime_error("lost");
    };
    {
        auto const ignored = co_await as_outcome(failing());
    }
    auto const errors = testing::this_test::take_unhandled_errors();
    CHECK(errors.size() == 1);
}
// [errors]

} // namespace
