// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/channel.hpp>

using namespace tether;
using namespace tether_test;

static_assert(!std::is_copy_constructible_v<sender<int>>);
static_assert(std::is_nothrow_move_constructible_v<sender<int>>);
static_assert(std::is_nothrow_move_assignable_v<receiver<int>>);
static_assert(std::is_nothrow_default_constructible_v<receiver<int>>);
static_assert(std::is_convertible_v<int, channel_capacity>);
static_assert(std::is_convertible_v<unbounded_t, channel_capacity>);
static_assert(!std::is_convertible_v<double, channel_capacity>);
static_assert(!std::is_convertible_v<bool, channel_capacity>);
static_assert(!std::is_convertible_v<void*, channel_capacity>);

TEST_CASE("CH01 a channel is a rendezvous unless a capacity is given, and "
          "unbounded only by name") {
    auto [a, b] = channel<int>();
    CHECK(a.statistics().capacity == 0);
    CHECK(a.try_send(1) == channel_status::would_block);
    auto [c, d] = channel<int>(3);
    CHECK(d.statistics().capacity == 3);
    for (int i = 0; i != 3; ++i)
        CHECK(c.try_send(i) == channel_status::ok);
    CHECK(c.try_send(3) == channel_status::would_block);
    auto [e, f] = channel<int>(unbounded);
    for (int i = 0; i != 5000; ++i)
        CHECK(e.try_send(i) == channel_status::ok);
    for (int i = 0; i != 5000; ++i)
        CHECK(*f.try_receive() == i);
}

TETHER_TEST_CASE("CH02 at a rendezvous a send ends when its item is taken") {
    auto [tx, rx] = channel<int>();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_values<int>, std::move(tx), std::vector{1, 2},
                    std::ref(log));
        co_await checkpoint();
        CHECK(log.text().empty());
        CHECK(rx.statistics().waiting_senders == 1);
        CHECK(rx.statistics().buffered == 0);
        auto first = co_await rx.receive();
        log("r" + std::to_string(*first));
        co_await checkpoint();
        CHECK(log.text() == "r1 s1");
        auto second = co_await rx.receive();
        log("r" + std::to_string(*second));
        auto last = co_await rx.receive();
        CHECK_FALSE(last.has_value());
    });
    CHECK(log.text() == "r1 s1 r2 s2");
}

TEST_CASE("CH03 a negative capacity is refused") {
    CHECK_THROWS_AS(channel<int>(-1), std::invalid_argument);
    CHECK_THROWS_WITH(channel<int>(-42), contains_text("-42"));
    CHECK_THROWS_AS(channel<int>(0L - 7L), std::invalid_argument);
    auto [tx, rx] = channel<int>((std::numeric_limits<int>::max)());
    CHECK(tx.try_send(1) == channel_status::ok); // nothing that large is made
}

TETHER_TEST_CASE("CH04 items come out in order, and each sender's in its own") {
    auto [tx, rx] = channel<int>(2);
    event_log log;
    std::vector<int> got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_values<int>, tx.clone(),
                    std::vector{10, 11, 12, 13, 14, 15}, std::ref(log));
        group.spawn(send_values<int>, std::move(tx),
                    std::vector{20, 21, 22, 23, 24, 25}, std::ref(log));
        while (auto item = co_await rx.receive()) {
            got.push_back(*item);
            if (*item % 3 == 0)
                co_await checkpoint();
        }
    });
    REQUIRE(got.size() == 12);
    for (int const of : {1, 2}) {
        std::vector<int> mine;
        for (int const item : got)
            if (item / 10 == of)
                mine.push_back(item % 10);
        CHECK(mine == std::vector{0, 1, 2, 3, 4, 5});
    }
}

TETHER_TEST_CASE("CH05 each item goes to exactly one receiver") {
    auto [tx, rx] = channel<int>(4);
    std::vector<int> seen(1000, 0);
    std::vector<int> share(4, 0);
    auto worker = [&](receiver<int> mine, std::size_t id) -> task<> {
        while (auto item = co_await mine.receive()) {
            ++seen[static_cast<std::size_t>(*item)];
            ++share[id];
            if (*item % 7 == 0)
                co_await checkpoint();
        }
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        for (std::size_t i = 0; i != 4; ++i)
            group.spawn(std::ref(worker), rx.clone(), i);
        rx.close();
        for (int i = 0; i != 1000; ++i)
            co_await tx.send(i);
        tx.close(); // all four workers end
    });
    CHECK(seen == std::vector<int>(1000, 1));
    for (int const of_one : share)
        CHECK(of_one > 0);
}

TETHER_TEST_CASE("CH06 waiting receivers are served in order, and one that "
                 "comes back in a loop does not overtake") {
    auto [tx, rx] = channel<int>();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (auto const* name : {"a", "b"})
            group.spawn(receive_values<int>, rx.clone(), std::string(name),
                        std::ref(log));
        rx.close();
        co_await checkpoint();
        for (int i = 0; i != 6; ++i) {
            co_await tx.send(i);
            co_await checkpoint();
        }
        tx.close();
    });
    CHECK(log.text() == "a0 b1 a2 b3 a4 b5 aend bend");
}

TETHER_TEST_CASE("CH07 the slot that gets free belongs to the sender that "
                 "waits, not to one that tries") {
    auto [tx, rx] = channel<int>(1);
    event_log log;
    CHECK(tx.try_send(0) == channel_status::ok);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_values<int>, tx.clone(), std::vector{1},
                    std::ref(log));
        group.spawn(send_values<int>, tx.clone(), std::vector{2},
                    std::ref(log));
        co_await checkpoint();
        CHECK(*rx.try_receive() == 0);
        // The first sender has not run, but its item has the slot.
        CHECK(rx.statistics().buffered == 1);
        CHECK(tx.try_send(9) == channel_status::would_block);
        CHECK(*rx.try_receive() == 1);
        CHECK(*rx.try_receive() == 2);
        CHECK(tx.try_send(9) == channel_status::ok);
    });
    CHECK(log.text() == "s1 s2");
}

TEST_CASE("CH08 what does not wait says whether waiting would have helped") {
    auto [tx, rx] = channel<int>(1);
    CHECK(rx.try_receive().status() == channel_status::would_block);
    CHECK(tx.try_send(1) == channel_status::ok);
    CHECK(tx.try_send(2) == channel_status::would_block);
    auto item = rx.try_receive();
    CHECK(item.status() == channel_status::ok);
    CHECK(*item == 1);

    auto second = tx.clone();
    tx.close();
    CHECK(tx.try_send(3) == channel_status::closed);
    CHECK(rx.try_receive().status() == channel_status::would_block);
    second.close();
    CHECK(rx.try_receive().status() == channel_status::end);
    rx.close();
    CHECK(rx.try_receive().status() == channel_status::closed);

    auto [in, out] = channel<int>(1);
    out.close();
    CHECK(in.try_send(4) == channel_status::broken);
}

TETHER_TEST_CASE("CH24 a send into an unbounded channel never waits but is a "
                 "checkpoint") {
    auto [tx, rx] = channel<int>(unbounded);
    bool others_ran = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            others_ran = true;
            co_return;
        });
        for (int i = 0; i != 32; ++i)
            co_await tx.send(i);
        CHECK_FALSE(others_ran); // does not yield
        for (int i = 0; i != 64; ++i)
            co_await tx.send(i);
        CHECK(others_ran); // but does not starve the others
    });
    CHECK(rx.statistics().buffered == 96);
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            co_await tx.send(99);
        });
    CHECK_FALSE(ended);
    CHECK(rx.statistics().buffered == 96);
}

TETHER_TEST_CASE("CH26 a loop over a receiver ends with the channel, and "
                 "leaving it early closes nothing") {
    auto [tx, rx] = channel<int>(8);
    for (int i = 0; i != 5; ++i)
        co_await tx.send(i);
    tx.close();
    while (auto item = co_await rx.receive())
        if (*item == 1)
            break;
    CHECK(rx.is_open());
    int rest = 0;
    while (auto item = co_await rx.receive())
        rest += *item;
    CHECK(rest == 2 + 3 + 4);
    auto again = co_await rx.receive();
    CHECK_FALSE(again.has_value()); // the end stays
}

TETHER_TEST_CASE("CH39 the counts are those of the moment") {
    auto [tx, rx] = channel<int>(2);
    CHECK(rx.statistics().buffered == 0);
    co_await tx.send(1);
    co_await tx.send(2);
    channel_statistics const full = rx.statistics();
    CHECK(full.buffered == full.capacity);
    CHECK(*rx.try_receive() == 1);
    CHECK(full.buffered == 2);
    CHECK(rx.statistics().buffered == 1);
}
