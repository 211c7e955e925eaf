// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/shared_channel.hpp>
#include <tether/testing/conformance_channel.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstdlib>
#include <numeric>
#include <random>
#include <thread>

using namespace tether;
using namespace tether_test;

namespace {

std::size_t items_of_stress() {
    if (char const* const text = std::getenv("TETHER_STRESS"))
        return static_cast<std::size_t>(std::strtoull(text, nullptr, 10));
#if defined(__OPTIMIZE__) && !TETHER_SANITIZED
    return 1'000'000;
#else
    return 100'000;
#endif
}

} // namespace

TETHER_TEST_CASE("CH29 in one loop a shared channel behaves like a channel") {
    for (std::size_t const room : {1U, 2U}) {
        auto const suite = testing::channel_conformance(
            [room] { return std::make_unique<shared_channel<int>>(room); },
            [](auto const& channel, int item) -> task<> {
                co_await channel.send_from(item);
            },
            [](auto const& channel) { return channel.receive(); },
            [](auto& channel) { channel.close(); }, room);
        co_await suite.run_all();
    }
    CHECK_THROWS_AS(shared_channel<int>(0), std::invalid_argument);
    CHECK_THROWS_AS(shared_channel<int>(unbounded), std::invalid_argument);
}

TEST_CASE("CH29 what does not wait says whether waiting would have helped") {
    shared_channel<int> channel(1);
    CHECK(channel.try_receive().status() == channel_status::would_block);
    CHECK(channel.try_send(1) == channel_status::ok);
    CHECK(channel.try_send(9) == channel_status::would_block);
    CHECK(channel.statistics().buffered == 1);
    channel.close();
    CHECK(channel.try_send(1) == channel_status::closed);
    CHECK(*channel.try_receive() == 1);
    CHECK(channel.try_receive().status() == channel_status::end);
}

TEST_CASE("CH29 threads without a loop send to a task and receive from one") {
    shared_channel<int> there(2);
    shared_channel<int> back(2);
    std::thread worker([&] {
        while (auto item = there.receive_blocking())
            if (!back.send_blocking(*item * 2))
                break;
        back.close();
    });
    int sum = 0;
    run([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                for (int i = 0; i != 100; ++i) {
                    int item = i;
                    co_await there.send_from(item);
                }
                there.close();
            });
            while (auto item = co_await back.receive())
                sum += *item;
        });
    });
    worker.join();
    CHECK(sum == 99 * 100);
}

TEST_CASE("CH29 a task of one loop wakes a task of another") {
    shared_channel<std::unique_ptr<int>> channel(1);
    std::atomic<int> sum = 0;
    std::thread consumer([&] {
        run([&]() -> task<> {
            while (auto item = co_await channel.receive())
                sum += **item;
        });
    });
    run([&]() -> task<> {
        for (int i = 1; i <= 200; ++i)
            co_await channel.send(std::make_unique<int>(i));
        channel.close();
    });
    consumer.join();
    CHECK(sum == 200 * 201 / 2);
}

TEST_CASE("CH29 the blocking calls refuse to block a loop") {
    shared_channel<int> channel(1);
    run_virtual([&]() -> task<> {
        CHECK_THROWS_WITH((void)channel.receive_blocking(),
                          contains_text("co_await receive() instead"));
        CHECK_THROWS_AS((void)channel.send_blocking(1), std::logic_error);
        co_return;
    });
    CHECK(channel.statistics().buffered == 0);
}

TETHER_TEST_CASE("CH29 a cancelled wait at a shared channel leaves nothing "
                 "behind") {
    shared_channel<std::unique_ptr<int>> channel(1);
    auto one = std::make_unique<int>(1);
    auto two = std::make_unique<int>(2);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto receiving =
            group.spawn([&]() -> task<> { (void)co_await channel.receive(); });
        co_await checkpoint();
        receiving.cancel();
        CHECK(channel.statistics().waiting_receivers == 0);
        co_await channel.send(std::move(one));
        auto sending = group.spawn(
            [&]() -> task<> { co_await channel.send(std::move(two)); });
        co_await checkpoint();
        sending.cancel();
        CHECK(channel.statistics().waiting_senders == 0);
    });
    CHECK(two); // NOLINT: not moved from
    CHECK(**channel.try_receive() == 1);
    CHECK(channel.try_receive().status() == channel_status::would_block);
}

TETHER_TEST_CASE("CH11 an item that a task was handed before its cancel is "
                 "delivered across threads") {
    shared_channel<int> channel(1);
    int got = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto receiving = group.spawn([&]() -> task<> {
            auto item = co_await channel.receive();
            got = *item;
            co_await checkpoint();
            got = -1;
        });
        co_await checkpoint();
        std::thread([&] {
            CHECK(channel.try_send(6) == channel_status::ok);
        }).join();
        receiving.cancel(); // its handler is on the way
        co_await receiving.wait();
        CHECK(receiving.status() == task_status::cancelled);
    });
    CHECK(got == 6);
}

TEST_CASE("CH11 an item on its way to a loop that goes down comes back") {
    shared_channel<std::unique_ptr<int>> channel(1);
    {
        other_loop loop;
        loop.start([channel]() -> task<> {
            (void)co_await channel.receive();
            CHECK(false);
        });
        std::thread([&] {
            CHECK(channel.try_send(std::make_unique<int>(3)) ==
                  channel_status::ok);
        }).join();
        CHECK(channel.statistics().buffered == 0); // handed over
    }
    auto item = channel.try_receive();
    REQUIRE(item);
    CHECK(**item == 3);
    {
        other_loop loop; // destroyed while its task waits in line
        loop.start([channel]() -> task<> { (void)co_await channel.receive(); });
        CHECK(channel.statistics().waiting_receivers == 1);
    }
    CHECK(channel.statistics().waiting_receivers == 0);
}

TEST_CASE("CH04 CH11 items on their way to a loop that goes down come back in "
          "their order") {
    shared_channel<int> items(1);
    {
        other_loop abandoned;
        abandoned.start([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 3; ++i)
                    group.spawn([&]() -> task<> {
                        (void)co_await items.receive();
                        CHECK(false);
                    });
                co_return;
            });
        });
        abandoned.context().poll();
        for (int item = 1; item != 5; ++item)
            CHECK(items.try_send(std::move(item)) == channel_status::ok);
    }
    for (int item = 1; item != 5; ++item)
        CHECK(*items.try_receive() == item);
}

TEST_CASE("CH18 the last copy of a shared channel closes it") {
    std::optional<shared_channel<int>> mine(std::in_place, 1);
    bool ended = false;
    std::thread waiting([copy = *mine, &ended]() mutable {
        auto other = copy;
        // Waits through a core that it does not keep open.
        ended = !other.receive_blocking().has_value();
    });
    mine->close();
    waiting.join();
    CHECK(ended);
    shared_channel<int> second(1);
    run_virtual([&]() -> task<> {
        std::optional<shared_channel<int>> last(std::in_place, 1);
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                auto item = co_await last->receive();
                CHECK_FALSE(item.has_value());
            });
            co_await checkpoint();
            last.reset();
        });
    });
}

TEST_CASE("SY14 a task that waits at a shared channel allocates nothing") {
    shared_channel<int> channel(1);
    run_virtual([&]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                for (int i = 0; i != 1000; ++i) {
                    int item = i;
                    co_await channel.send_from(item);
                }
                channel.close();
            });
            for (int i = 0; i != 500; ++i)
                (void)co_await channel.receive();
            std::size_t const before = allocations();
            for (int i = 0; i != 400; ++i)
                (void)co_await channel.receive();
            CHECK(allocations() == before);
            while (co_await channel.receive())
                ;
        });
    });
}

// Four loops and two plain threads; tasks are cancelled at random while they
// send and receive. Every item that was sent arrives once.
TEST_CASE("CH46 shared channel: many threads, random cancels, every item "
          "exactly once") {
    std::size_t const total = items_of_stress();
    constexpr std::size_t senders = 3;
    shared_channel<std::size_t> channel(16);
    std::vector<std::atomic<unsigned char>> seen(total);
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> received = 0;
    std::atomic<std::size_t> open = senders;
    auto note = [&](std::size_t item) {
        seen[item].fetch_add(1, std::memory_order_relaxed);
        received.fetch_add(1, std::memory_order_relaxed);
    };
    auto sender_done = [&] {
        if (--open == 0)
            channel.close();
    };
    // Runs `body` as a task that is cancelled and begun again at random.
    auto harassed = [](unsigned seed, auto body) {
        run([&]() -> task<> {
            std::mt19937 random(seed);
            bool over = false;
            while (!over) {
                co_await with_task_group([&](task_group& group) -> task<> {
                    auto victim = group.spawn(std::ref(body), std::ref(over));
                    for (auto n = random() % 64; n != 0 && !over; --n)
                        co_await checkpoint();
                    if (random() % 2 == 0)
                        victim.cancel();
                });
            }
        });
    };
    std::vector<std::thread> threads;
    for (unsigned id = 0; id != senders - 1; ++id)
        threads.emplace_back([&, id] {
            std::optional<std::size_t> item; // survives a cancel
            harassed(id, [&](bool& over) -> task<> {
                for (;;) {
                    if (!item)
                        item = next.fetch_add(1);
                    if (*item >= total) {
                        over = true;
                        co_return;
                    }
                    std::size_t mine = *item;
                    co_await channel.send_from(mine);
                    item.reset();
                }
            });
            sender_done();
        });
    threads.emplace_back([&] {
        for (;;) {
            std::size_t item = next.fetch_add(1);
            if (item >= total || !channel.send_blocking(std::move(item)))
                break;
        }
        sender_done();
    });
    for (unsigned id = 0; id != 2; ++id)
        threads.emplace_back([&, id] {
            harassed(100 + id, [&](bool& over) -> task<> {
                while (auto item = co_await channel.receive())
                    note(*item);
                over = true;
            });
        });
    threads.emplace_back([&] {
        while (auto item = channel.receive_blocking())
            note(*item);
    });
    for (auto& thread : threads)
        thread.join();
    CHECK(received == total);
    std::size_t exactly_once = 0;
    for (auto& count : seen)
        exactly_once += count.load() == 1;
    CHECK(exactly_once == total);
}
