// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// What comes to a loop from outside of its executor: cancels of coroutines that
// run elsewhere, handlers that other threads drop, and the handlers of Asio
// that stand in one queue with ours.

#include "unit/asio/asio_test.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <thread>

using namespace tether_test;
using std::chrono::microseconds;

namespace {

// Keeps a handler for anybody to call or to drop.
struct kept_handler {
    std::shared_ptr<void> handler;
    std::function<void()> complete;

    auto async_wait() {
        auto initiation = [this](auto own) {
            auto kept = std::make_shared<decltype(own)>(std::move(own));
            complete = [h = kept.get()] { std::move (*h)(); };
            handler = std::move(kept);
        };
        return asio::async_initiate<tether::use_task_t const, void()>(
            initiation, use_task);
    }
};

asio::awaitable<void> sleep_elsewhere(asio::any_io_executor executor,
                                      microseconds time) {
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

// The same without an exception, whose references libstdc++ counts where
// ThreadSanitizer does not see it.
asio::awaitable<void> sleep_or_stop(asio::any_io_executor executor,
                                    microseconds time,
                                    std::atomic<int>& stopped) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(executor, time);
    auto const [error] =
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    stopped += error == asio::error::operation_aborted ? 1 : 0;
}

} // namespace

TEST_CASE("AI09 a cancel by a task that was resumed outside of its executor "
          "does not outlive what it is for") {
    leak_check const check;
    asio::io_context io;
    kept_handler k;
    bool queued = false;
    bool ended = false;
    auto awaited = [&]() -> asio::awaitable<void> {
        queued = true;
        co_await asio::post(co_await asio::this_coro::executor,
                            asio::use_awaitable);
    };
    auto root = [&]() -> task<> {
        auto body = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                co_await awaited();
                ended = true;
            };
            g.spawn(waiter);
            co_await k.async_wait();
            g.cancel();
        };
        co_await tether::with_task_group(body);
    };
    tether::co_spawn(io, root, asio::detached);
    while (!queued)
        io.run_one();
    k.complete(); // here no handler of the context runs, so Asio queues the
                  // emission behind the end of the coroutine
    io.run();
    CHECK(ended);
}

TEST_CASE("AI08 AI09 coroutines of Asio on another executor that end while "
          "they are cancelled") {
    asio::thread_pool pool(2);
    std::atomic<int> stopped = 0;
    constexpr int rounds = 3000;
    auto body = [&]() -> task<> {
        std::minstd_rand random(11);
        for (int i = 0; i < rounds; ++i) {
            asio::any_io_executor const there = asio::make_strand(pool);
            auto const time = microseconds(random() % 60);
            co_await tether::move_on_after(
                microseconds(random() % 60),
                asio::co_spawn(there, sleep_or_stop(there, time, stopped),
                               use_task));
        }
    };
    run_real(body);
    pool.join();
    CHECK(stopped > 0);
    CHECK(stopped < rounds);
}

TEST_CASE("AI08 a fence on an executor that goes away is no obstacle") {
    leak_check const check;
    auto other = std::make_unique<asio::io_context>();
    asio::io_context io;
    bool stopped = false;
    auto root = [&]() -> task<> {
        bool const ended = co_await tether::move_on_after(
            1ms,
            asio::co_spawn(*other, sleep_elsewhere(other->get_executor(), 1h),
                           use_task));
        stopped = !ended;
    };
    tether::co_spawn(io, root, asio::detached);
    io.run_for(20ms);
    CHECK(!stopped); // the other context does not run
    other.reset();
    io.run();
    CHECK(stopped);
}

TEST_CASE("RU33 a handler of the context waits for one batch of tasks, not for "
          "one with each completion before it") {
    asio::io_context io;
    std::size_t steps = 0;
    std::size_t most = 0;
    std::size_t since = 0;
    int visits = 0;
    bool over = false;
    auto busy = [&]() -> task<> {
        while (!over) {
            ++steps;
            co_await tether::checkpoint();
        }
    };
    auto completing = [&]() -> task<> {
        while (!over)
            co_await asio::post(io, use_task);
    };
    std::function<void()> const plain = [&] {
        if (visits > 3)
            most = (std::max)(most, steps - since);
        since = steps;
        over = ++visits == 50;
        if (!over)
            asio::post(io, plain);
    };
    auto root = [&]() -> task<> {
        auto body = [&](task_group& g) -> task<> {
            for (int i = 0; i < 1000; ++i)
                g.spawn(busy);
            for (int i = 0; i < 32; ++i)
                g.spawn(completing);
            co_return;
        };
        co_await tether::with_task_group(body);
    };
    tether::co_spawn(io, root, asio::detached);
    asio::post(io, plain);
    io.run();
    CHECK(visits == 50);
    CHECK(most > 0);
    CHECK(most <= 512);
}

TEST_CASE("CX15 a handler that another thread drops while the context goes") {
    for (int i = 0; i < 300; ++i) {
        int alive = 0;
        bool resumed = false;
        kept_handler first;
        kept_handler second;
        auto root = [&](kept_handler& k, tally) -> task<> {
            try {
                co_await k.async_wait();
            } catch (tether::operation_abandoned const&) {
            }
            resumed = true;
        };
        auto io = std::make_unique<asio::io_context>();
        auto const ignore = [](std::exception_ptr) {};
        tether::co_spawn(*io, root, std::ref(first), tally(alive), ignore);
        tether::co_spawn(asio::make_strand(*io), root, std::ref(second),
                         tally(alive), ignore);
        io->poll();
        std::atomic<bool> go{false};
        auto drop = [&go](kept_handler& k) {
            while (!go)
                std::this_thread::yield();
            k.handler.reset();
        };
        std::thread one(drop, std::ref(first));
        std::thread two(drop, std::ref(second));
        go = true;
        if (i % 3 == 0)
            std::this_thread::sleep_for(microseconds(i / 3));
        io.reset();
        one.join();
        two.join();
        CHECK(alive == 0);
        CHECK(!resumed);
    }
}

TEST_CASE("CX15 a wait whose abort answered pending stays beyond its context "
          "and goes with its completion") {
    leak_check const check;
    int alive = 0;
    bool resumed = false;
    std::optional<tether::completion<void>> kept;
    {
        asio::io_context io;
        auto root = [&](tally) -> task<> {
            co_await tether::suspend_cancellable(
                [&](tether::completion<void> done) {
                    kept.emplace(std::move(done));
                    return [] { return tether::abort_result::pending; };
                });
            resumed = true;
        };
        auto const ignore = [](std::exception_ptr) {};
        tether::co_spawn(io, root, tally(alive), ignore);
        io.poll();
    }
    CHECK(alive != 0); // whoever has the completion may still write into it
    kept.reset();
    CHECK(alive == 0);
    CHECK(!resumed);
}
