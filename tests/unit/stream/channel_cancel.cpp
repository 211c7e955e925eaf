// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A cancel at every moment of a wait: before the await, queued as head, in the
// middle and as tail, after the hand-off, and while the channel closes.
#include "stream_test.hpp"

#include <tether/stream/channel.hpp>

#include <boost/asio/post.hpp>

using namespace tether;
using namespace tether_test;

namespace {

// Sends `item` and says whether it came to that; the item is the caller's.
task<> send_mine(sender<std::unique_ptr<int>>& tx, std::unique_ptr<int>& item,
                 event_log& log) {
    std::string const name = std::to_string(*item);
    co_await tx.send(std::move(item));
    log("s" + name);
}

std::vector<std::unique_ptr<int>> items(int n) {
    std::vector<std::unique_ptr<int>> all;
    for (int i = 0; i != n; ++i)
        all.push_back(std::make_unique<int>(i));
    return all;
}

} // namespace

TETHER_TEST_CASE("CH09 a cancelled send leaves its item in the variable, "
                 "wherever it stood in the queue") {
    for (std::size_t which = 0; which != 3; ++which) {
        auto [tx, rx] = channel<std::unique_ptr<int>>();
        auto mine = items(3);
        event_log log;
        std::vector<int> got;
        co_await with_task_group([&](task_group& group) -> task<> {
            std::vector<task_handle<void>> handles;
            for (auto& item : mine)
                handles.push_back(group.spawn(send_mine, std::ref(tx),
                                              std::ref(item), std::ref(log)));
            co_await checkpoint();
            handles[which].cancel();
            CHECK(rx.statistics().waiting_senders == 2); // at once
            for (int i = 0; i != 2; ++i) {
                auto item = co_await rx.receive();
                got.push_back(**item);
            }
            CHECK(rx.try_receive().status() == channel_status::would_block);
        });
        std::vector<int> others;
        for (int i = 0; i != 3; ++i)
            if (i != static_cast<int>(which))
                others.push_back(i);
        CHECK(got == others);
        for (std::size_t i = 0; i != 3; ++i)
            CHECK(static_cast<bool>(mine[i]) == (i == which));
    }
}

TETHER_TEST_CASE("CH09 a send in a cancelled scope sends nothing, even with "
                 "room") {
    auto [tx, rx] = channel<std::unique_ptr<int>>(4);
    auto item = std::make_unique<int>(1);
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await tx.send(std::move(item));
        });
    CHECK_FALSE(ended);
    CHECK(item);
    CHECK(rx.statistics().buffered == 0);
}

TETHER_TEST_CASE("CH10 a cancelled receive takes nothing, wherever it stood in "
                 "the queue") {
    for (std::size_t which = 0; which != 3; ++which) {
        auto [tx, rx] = channel<int>(1);
        event_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            std::vector<task_handle<void>> handles;
            for (auto const* name : {"a", "b", "c"})
                handles.push_back(group.spawn(receive_one<int>, std::ref(rx),
                                              std::string(name),
                                              std::ref(log)));
            co_await checkpoint();
            handles[which].cancel();
            CHECK(tx.statistics().waiting_receivers == 2);
            CHECK(tx.try_send(1) == channel_status::ok);
            CHECK(tx.try_send(2) == channel_status::ok);
            CHECK(tx.try_send(3) == channel_status::ok); // nobody: buffered
        });
        static char const* const expected[] = {"b1 c2", "a1 c2", "a1 b2"};
        CHECK(log.text() == expected[which]);
        CHECK(*rx.try_receive() == 3);
    }
}

TETHER_TEST_CASE("CH10 a receive in a cancelled scope takes nothing, even with "
                 "an item there") {
    auto [tx, rx] = channel<int>(1);
    co_await tx.send(1);
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            (void)co_await rx.receive();
        });
    CHECK_FALSE(ended);
    CHECK(*rx.try_receive() == 1);
}

TETHER_TEST_CASE("CH11 a cancel after the hand-off: the item is delivered, and "
                 "the stop comes at the next checkpoint") {
    for (std::size_t const capacity : {0u, 1u}) {
        auto [tx, rx] = channel<int>(capacity);
        event_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto handle = group.spawn([&]() -> task<> {
                auto item = co_await rx.receive();
                log("got" + std::to_string(*item));
                co_await checkpoint();
                log("never");
            });
            co_await checkpoint();
            CHECK(tx.try_send(7) == channel_status::ok);
            handle.cancel();
            co_await handle.wait();
            CHECK(handle.status() == task_status::cancelled);
        });
        CHECK(log.text() == "got7");
        CHECK(rx.statistics().buffered == 0);
        CHECK(rx.statistics().undelivered == 0);
    }
}

TETHER_TEST_CASE("CH11 a send that was taken before the cancel has ended "
                 "well") {
    for (std::size_t const capacity : {0u, 1u}) {
        auto [tx, rx] = channel<std::unique_ptr<int>>(capacity);
        if (capacity != 0)
            co_await tx.send(std::make_unique<int>(0));
        auto item = std::make_unique<int>(1);
        event_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto handle = group.spawn([&]() -> task<> {
                co_await send_mine(tx, item, log);
                co_await checkpoint();
                log("never");
            });
            co_await checkpoint();
            CHECK(rx.try_receive());
            CHECK_FALSE(item);
            handle.cancel();
        });
        CHECK(log.text() == "s1");
        CHECK(rx.statistics().buffered == capacity);
    }
}

TETHER_TEST_CASE("CH11 a task that was woken by a close and then cancelled "
                 "still hears of the close") {
    auto [tx, rx] = channel<int>();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            auto item = co_await rx.receive();
            log(item ? "item" : "end");
            co_await checkpoint();
            log("never");
        });
        co_await checkpoint();
        tx.close();
        handle.cancel();
    });
    CHECK(log.text() == "end");
    // The other order: first cancelled, then closed.
    auto [in, out] = channel<int>();
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn(receive_one<int>, std::ref(out),
                                  std::string("never"), std::ref(log));
        co_await checkpoint();
        handle.cancel();
        in.close();
        co_await handle.wait();
        CHECK(handle.status() == task_status::cancelled);
    });
    CHECK(log.text() == "end");
}

TEST_CASE("CH11 an item that was handed to a task whose loop goes down passes "
          "to the next receiver, and without one to the undelivered hook") {
    for (bool const another : {false, true}) {
        std::vector<int> left;
        auto ends =
            channel<int>(1, {}, [&](int&& item) { left.push_back(item); });
        receiver<int> other;
        if (another)
            other = ends.second.clone();
        {
            other_loop abandoned;
            abandoned.start([rx = std::move(ends.second)]() mutable -> task<> {
                receiver<int> mine = std::move(rx);
                (void)co_await mine.receive();
                CHECK(false);
            });
            boost::asio::post(abandoned.context(), [&] {
                CHECK(ends.first.statistics().waiting_receivers == 1);
                CHECK(ends.first.try_send(3) == channel_status::ok);
                CHECK(ends.first.statistics().buffered == 0);
            });
            abandoned.context().run_one(); // and the receiver never runs
        }
        if (another) {
            CHECK(left.empty());
            CHECK(*other.try_receive() == 3);
        } else {
            CHECK(left == std::vector{3});
            CHECK(ends.first.try_send(4) == channel_status::broken);
        }
    }
}

TEST_CASE("CH04 CH11 items that were handed to tasks whose loop goes down come "
          "back in their order") {
    std::vector<int> left;
    auto [tx, rx] =
        channel<int>(1, {}, [&](int&& item) { left.push_back(item); });
    {
        other_loop abandoned;
        abandoned.start([&]() -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != 3; ++i)
                    group.spawn([&]() -> task<> {
                        (void)co_await rx.receive();
                        CHECK(false);
                    });
                co_return;
            });
        });
        boost::asio::post(abandoned.context(), [&in = tx] {
            for (int item = 1; item != 5; ++item)
                CHECK(in.try_send(std::move(item)) == channel_status::ok);
        });
        abandoned.context().run_one();
    }
    CHECK(*rx.try_receive() == 1);
    CHECK(*rx.try_receive() == 2);
    rx.close();
    CHECK(left == std::vector{3, 4});
}

TETHER_TEST_CASE("CH40 a blocked send that is cancelled holds up nobody when "
                 "there is room") {
    auto [tx, rx] = channel<int>(1);
    event_log log;
    co_await tx.send(0);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto first = group.spawn(send_values<int>, tx.clone(), std::vector{1},
                                 std::ref(log));
        group.spawn(send_values<int>, tx.clone(), std::vector{2},
                    std::ref(log));
        co_await checkpoint();
        first.cancel();
        CHECK(*rx.try_receive() == 0);
        co_await checkpoint();
        CHECK(log.text() == "s2");
        CHECK(*rx.try_receive() == 2);
    });
}

TETHER_TEST_CASE("CH41 no receiver waits while there are items, in whatever "
                 "order they are cancelled") {
    auto [tx, rx] = channel<int>(2);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto a = group.spawn(receive_one<int>, std::ref(rx), std::string("a"),
                             std::ref(log));
        auto b = group.spawn(receive_one<int>, std::ref(rx), std::string("b"),
                             std::ref(log));
        co_await checkpoint();
        CHECK(tx.try_send(1) == channel_status::ok); // for a, which has not run
        a.cancel();                                  // too late
        CHECK(tx.try_send(2) == channel_status::ok);
        co_await checkpoint();
        CHECK(rx.statistics().waiting_receivers == 0);
        CHECK(log.text() == "a1 b2");
    });
}

TETHER_TEST_CASE("CH46 2 senders and 2 receivers, cancelled at every step: "
                 "what was sent is what was received and what is left") {
    for (std::size_t const capacity : {0u, 1u, 2u}) {
        for (int victim = 0; victim != 4; ++victim) {
            for (int step = 0; step != 12; ++step) {
                std::vector<int> sent;
                std::vector<int> received;
                std::vector<int> left;
                auto [tx, rx] = channel<int>(
                    capacity, {}, [&](int&& item) { left.push_back(item); });
                auto produce = [&](sender<int> mine, int first) -> task<> {
                    for (int i = first; i != first + 4; ++i) {
                        int item = i;
                        co_await mine.send(std::move(item));
                        sent.push_back(i);
                    }
                };
                auto consume = [&](receiver<int> mine) -> task<> {
                    while (auto item = co_await mine.receive())
                        received.push_back(*item);
                };
                co_await with_task_group([&](task_group& group) -> task<> {
                    std::vector<task_handle<void>> all;
                    all.push_back(
                        group.spawn(std::ref(produce), tx.clone(), 0));
                    all.push_back(
                        group.spawn(std::ref(produce), std::move(tx), 10));
                    all.push_back(group.spawn(std::ref(consume), rx.clone()));
                    all.push_back(
                        group.spawn(std::ref(consume), std::move(rx)));
                    for (int i = 0; i != step; ++i)
                        co_await checkpoint();
                    all[static_cast<std::size_t>(victim)].cancel();
                });
                std::vector<int> arrived = received;
                arrived.insert(arrived.end(), left.begin(), left.end());
                std::sort(arrived.begin(), arrived.end());
                std::sort(sent.begin(), sent.end());
                CHECK(arrived == sent);
            }
        }
    }
}
