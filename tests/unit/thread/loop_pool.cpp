// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Several loops: which executor, for how long, and what becomes of errors.

#include "far_test.hpp"

#include <array>
#include <set>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<loop_pool>);
static_assert(!std::is_move_constructible_v<loop_pool>);

TEST_CASE("TH20 a loop_pool of nothing is an error that says so") {
    CHECK_THAT(text_thrown_by<std::invalid_argument>([] { loop_pool(0); }),
               contains_text("loop_pool: 0 loops"));
    loop_pool const two(2);
    CHECK(two.size() == 2);
    CHECK_THAT(
        text_thrown_by<std::out_of_range>([&] { static_cast<void>(two[2]); }),
        contains_text("no loop 2 among 2"));
}

TETHER_FAR_CASE("TH20 each call takes the next loop, an index always the "
                "same") {
    loop_pool pool(3);
    std::vector<std::thread::id> first;
    auto who = [] { return std::this_thread::get_id(); };
    for (std::size_t i = 0; i != 3; ++i)
        first.push_back(co_await run_on(pool[i], who));
    CHECK(std::set<std::thread::id>(first.begin(), first.end()).size() == 3);
    for (std::size_t i = 0; i != 6; ++i) {
        auto const next = co_await run_on(pool, who);
        CHECK(next == first[i % 3]);
    }
    auto const again = co_await run_on(pool[1], who);
    CHECK(again == first[1]);
}

TEST_CASE("TH20 what nobody on a loop of a pool receives goes to its sink") {
    std::mutex mutex;
    std::vector<std::string> heard;
    {
        loop_pool pool(2, [&](std::exception_ptr error, char const*) {
            std::lock_guard const lock(mutex);
            heard.push_back(format_error(error));
        });
        gate done;
        tether::co_spawn(
            pool[1],
            []() -> task<> {
                throw std::runtime_error("unheard");
                co_return;
            },
            asio::detached);
        asio::post(pool[1], [&] { done.open(); });
        done.wait();
    }
    REQUIRE(heard.size() == 1);
    CHECK_THAT(heard[0], contains_text("unheard"));
}

TETHER_FAR_CASE("TH20 objects of Asio on a loop of a pool go with it") {
    int got = 0;
    {
        loop_pool pool(1);
        got = co_await run_on(pool, []() -> task<int> {
            asio::steady_timer timer(this_task::executor(), 1ms);
            co_await timer.async_wait(use_task);
            co_return 5;
        });
    }
    CHECK(got == 5);
}

TEST_CASE("TH20 all threads of a pool have stopped before anything on one of "
          "its loops goes") {
    std::array<std::atomic<bool>, 2> turning{};
    bool early = false;
    {
        loop_pool pool(2);
        for (std::size_t i = 0; i != 2; ++i) {
            asio::post(pool[i], [&io = pool[i].context(), &own = turning[i]] {
                own = true;
                while (!io.stopped())
                    std::this_thread::yield();
                own = false;
            });
            std::shared_ptr<void> const left(nullptr, [&](void*) {
                early = early || turning[0] || turning[1];
            });
            asio::post(pool[i], [left] {});
        }
        while (!turning[0] || !turning[1])
            std::this_thread::yield();
    }
    CHECK_FALSE(early);
}
