// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/channel.hpp>

#include <thread>

using namespace tether;
using namespace tether_test;

namespace {

struct record {
    std::string text;
    int number = 0;
};

template<class F>
task<std::string> error_of(F op) {
    std::string text;
    try {
        co_await op();
    } catch (std::exception const& error) {
        text = error.what();
    }
    co_return text;
}

} // namespace

TETHER_TEST_CASE("CH28 items need neither a copy nor a default constructor") {
    auto [tx, rx] = channel<tricky>(1);
    tricky one(1);
    co_await tx.send(std::move(one));
    CHECK(one.value() == -1); // NOLINT: moved from on success
    auto item = co_await rx.receive();
    CHECK(item->value() == 1);
    auto [in, out] = channel<std::unique_ptr<int>>();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await in.send(std::make_unique<int>(5)); // a temporary lives
        });
        auto pointer = co_await out.receive();
        CHECK(**pointer == 5);
    });
}

TETHER_TEST_CASE("CH28 an aggregate is sent by name") {
    auto [tx, rx] = channel<record>();
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            record mine{"a text that is too long for the small buffer", 3};
            co_await tx.send_from(mine);
            CHECK(mine.text.empty());
            mine.text = "second";
            co_await tx.send(mine); // a copy
            CHECK(mine.text == "second");
        });
        auto first = co_await rx.receive();
        CHECK(first->number == 3);
        auto second = co_await rx.receive();
        CHECK(second->text == "second");
    });
}

TETHER_TEST_CASE("CH28 a copy is that of the moment of the call") {
    auto [tx, rx] = channel<std::string>();
    std::string text = "first";
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { co_await tx.send(text); });
        co_await checkpoint();
        text = "later";
        auto item = co_await rx.receive();
        CHECK(*item == "first");
    });
}

TETHER_TEST_CASE("CH28 when the move of an item throws the item stays where it "
                 "was and the channel goes on") {
    // Into the buffer.
    auto [tx, rx] = channel<tricky>(2);
    tricky a(1);
    {
        armed_move const armed(1);
        auto op = [&]() -> task<> { co_await tx.send(std::move(a)); };
        auto const text = co_await error_of(op);
        CHECK(text == "the move threw");
    }
    CHECK(a.value() == 1); // NOLINT: not moved from
    CHECK(rx.statistics().buffered == 0);
    co_await tx.send(std::move(a));

    // Out of the buffer, at the first and at the second step.
    for (int const step : {1, 2}) {
        armed_move const armed(step);
        auto op = [&]() -> task<> { (void)co_await rx.receive(); };
        auto const text = co_await error_of(op);
        CHECK(text == "the move threw");
        CHECK(rx.statistics().buffered == 1);
    }
    auto item = co_await rx.receive();
    CHECK(item->value() == 1);

    // Straight to a receiver that waits.
    co_await with_task_group([&](task_group& group) -> task<> {
        int got = 0;
        auto waiting = group.spawn([&]() -> task<> {
            auto mine = co_await rx.receive();
            got = mine->value();
        });
        co_await checkpoint();
        tricky b(2);
        {
            armed_move const armed(1);
            CHECK_THROWS_WITH((void)tx.try_send(std::move(b)),
                              "the move threw");
        }
        CHECK(b.value() == 2); // NOLINT: not moved from
        CHECK(rx.statistics().waiting_receivers == 1);
        CHECK(tx.try_send(std::move(b)) == channel_status::ok);
        co_await waiting.wait();
        CHECK(got == 2);
    });
}

TETHER_TEST_CASE("CH28 a waiting sender whose item cannot be moved gets the "
                 "error, and the next one the room") {
    auto [tx, rx] = channel<tricky>(1);
    co_await tx.send(tricky(0));
    tricky a(1);
    tricky b(2);
    std::string error;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto op = [&]() -> task<> { co_await tx.send_from(a); };
            error = co_await error_of(op);
        });
        group.spawn([&]() -> task<> { co_await tx.send_from(b); });
        co_await checkpoint();
        armed_move const armed(2); // the first is that of the item received
        auto item = rx.try_receive();
        CHECK(item->value() == 0);
    });
    CHECK(error == "the move threw");
    CHECK(a.value() == 1);
    auto next = co_await rx.receive();
    CHECK(next->value() == 2);
}

TETHER_TEST_CASE("CH28 whichever of its moves throws, an item is received by "
                 "the next receive") {
    auto [tx, rx] = channel<tricky>(4);
    for (int at = 1; at != 8; ++at) {
        co_await tx.send(tricky(at));
        int received = 0;
        {
            armed_move const armed(at);
            try {
                auto item = rx.try_receive();
                received = item->value();
            } catch (std::runtime_error const&) {
            }
        }
        if (received == 0)
            received = rx.try_receive()->value();
        CHECK(received == at);

        co_await tx.send(tricky(at));
        received = 0;
        {
            armed_move const armed(at);
            try {
                auto item = co_await rx.receive();
                received = item->value();
            } catch (std::runtime_error const&) {
            }
        }
        if (received == 0)
            received = rx.try_receive()->value();
        CHECK(received == at);

        co_await tx.send(tricky(at));
        co_await tx.send(tricky(at + 100));
        std::vector<int> all;
        {
            armed_move const armed(at);
            try {
                auto items = co_await rx.receive_some(2);
                for (auto const& item : items)
                    all.push_back(item.value());
            } catch (std::runtime_error const&) {
            }
        }
        while (auto item = rx.try_receive())
            all.push_back(item->value());
        CHECK(all == std::vector{at, at + 100});
    }
}

TETHER_TEST_CASE("CH30 a batch is sent item by item, and what was not sent "
                 "stays in the range") {
    auto [tx, rx] = channel<std::unique_ptr<int>>(2);
    std::vector<std::unique_ptr<int>> all;
    for (int i = 0; i != 5; ++i)
        all.push_back(std::make_unique<int>(i));
    co_await with_task_group([&](task_group& group) -> task<> {
        auto batch = group.spawn(
            [&]() -> task<> { co_await tx.send_all(std::move(all)); });
        co_await checkpoint();
        CHECK(rx.statistics().buffered == 2);
        batch.cancel();
    });
    CHECK_FALSE(all[0]); // NOLINT: asked on purpose
    CHECK_FALSE(all[1]);
    CHECK(all[2]);
    CHECK(all[4]);

    // An lvalue is copied, a view of temporaries is taken as it comes.
    auto [in, out] = channel<int>(unbounded);
    std::vector<int> const numbers{1, 2, 3};
    co_await in.send_all(numbers);
    co_await in.send_all(std::views::iota(7, 9));
    in.close();
    auto some = co_await out.receive_some(100);
    CHECK(some == std::vector{1, 2, 3, 7, 8});
    some = co_await out.receive_some(100);
    CHECK(some.empty());
}

TETHER_TEST_CASE("CH30 receive_some takes what is there, from the buffer and "
                 "from waiting senders, and waits for the first only") {
    auto [tx, rx] = channel<int>(2);
    event_log log;
    CHECK_THROWS_AS(rx.receive_some(0), std::invalid_argument);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 4; ++i)
            group.spawn(send_values<int>, tx.clone(), std::vector{i},
                        std::ref(log));
        co_await checkpoint();
        auto three = co_await rx.receive_some(3);
        CHECK(three == std::vector{0, 1, 2});
        auto rest = co_await rx.receive_some(3);
        CHECK(rest == std::vector{3});
        auto waiting = group.spawn([&]() -> task<> {
            auto one = co_await rx.receive_some(3);
            CHECK(one == std::vector{8, 9});
        });
        co_await checkpoint();
        CHECK(tx.try_send(8) == channel_status::ok);
        CHECK(tx.try_send(9) == channel_status::ok);
        co_await waiting;
    });
}

TETHER_TEST_CASE("CH22 statistics count what is buffered, who waits and who "
                 "could") {
    auto [tx, rx] = channel<int>(2);
    auto rx2 = rx.clone();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 3; ++i)
            group.spawn(send_values<int>, tx.clone(), std::vector{i},
                        std::ref(log));
        co_await checkpoint();
        channel_statistics const s = tx.statistics();
        CHECK(s.buffered == 2);
        CHECK(s.capacity == 2);
        CHECK(s.senders == 2); // the two that could send have ended
        CHECK(s.receivers == 2);
        CHECK(s.waiting_senders == 1);
        CHECK(s.waiting_receivers == 0);
        for (int i = 0; i != 3; ++i)
            CHECK(rx.try_receive());
        group.spawn(receive_one<int>, std::ref(rx2), std::string("r"),
                    std::ref(log));
        co_await checkpoint();
        CHECK(tx.statistics().waiting_receivers == 1);
        co_await tx.send(9);
    });
}

TETHER_TEST_CASE("CH23 the peak counts what was buffered, not what passed "
                 "straight to a receiver") {
    auto [tx, rx] = channel<int>(4);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(receive_one<int>, std::ref(rx), std::string("r"),
                    std::ref(log));
        co_await checkpoint();
        co_await tx.send(1);
    });
    CHECK(rx.statistics().peak == 0);
    for (int i = 0; i != 3; ++i)
        co_await tx.send(i);
    while (rx.try_receive())
        ;
    CHECK(rx.statistics().buffered == 0);
    CHECK(rx.statistics().peak == 3);
}

TETHER_TEST_CASE("CH25 a full channel drops the oldest, the newest, or all but "
                 "the newest, and says what") {
    auto const run = [](overflow policy, std::vector<int>& kept) {
        std::vector<int> dropped;
        auto [tx, rx] = channel<int>(2, {.on_full = policy}, [&](int&& item) {
            dropped.push_back(item);
        });
        for (int i = 0; i != 5; ++i)
            CHECK(tx.try_send(i) == channel_status::ok);
        CHECK(tx.statistics().undelivered == dropped.size());
        while (auto item = rx.try_receive())
            kept.push_back(*item);
        return dropped;
    };
    std::vector<int> kept;
    CHECK(run(overflow::drop_oldest, kept) == std::vector{0, 1, 2});
    CHECK(kept == std::vector{3, 4});
    kept.clear();
    CHECK(run(overflow::drop_latest, kept) == std::vector{2, 3, 4});
    CHECK(kept == std::vector{0, 1});
    kept.clear();
    CHECK(run(overflow::conflate, kept) == std::vector{0, 1, 2, 3});
    CHECK(kept == std::vector{4});

    CHECK_THROWS_AS(channel<int>(0, {.on_full = overflow::drop_oldest}),
                    std::invalid_argument);
    auto [tx, rx] = channel<int>(0, {.on_full = overflow::conflate});
    co_await tx.send(1);
    co_await tx.send(2); // never waits
    auto item = co_await rx.receive();
    CHECK(*item == 2);
}

TEST_CASE("CH25 what the undelivered hook throws is reported, and the channel "
          "goes on") {
    CHECK_THROWS_WITH(
        run_virtual([]() -> task<> {
            auto [tx, rx] = channel<int>(
                1, {.on_full = overflow::drop_oldest}, [](int&& item) {
                    throw std::runtime_error("lost " + std::to_string(item));
                });
            co_await tx.send(1);
            co_await tx.send(2);
            auto item = co_await rx.receive();
            CHECK(*item == 2);
        }),
        contains_text("lost 1"));
}

TETHER_TEST_CASE("SY14 sending and receiving allocate nothing, whether they "
                 "wait or not") {
    auto [tx, rx] = channel<int>(100);
    auto [in, out] = channel<int>();
    std::size_t before = 0;
    auto producer = [&](sender<int> mine) -> task<> {
        for (int i = 0; i != 1300; ++i)
            co_await mine.send(i);
    };
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(std::ref(producer), tx.clone());
        group.spawn(std::ref(producer), in.clone());
        for (int i = 0; i != 600; ++i) { // buffer and loop get their memory
            (void)co_await rx.receive();
            (void)co_await out.receive();
        }
        before = allocations();
        for (int i = 0; i != 500; ++i) {
            (void)co_await rx.receive();
            (void)co_await out.receive();
        }
        CHECK(allocations() == before);
        group.cancel();
    });
}

TETHER_TEST_CASE("SY03 a channel with waiting tasks is not used from a second "
                 "loop, nor from outside") {
    auto [tx, rx] = channel<int>(1);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(named("first"), receive_one<int>, std::ref(rx),
                    std::string("r"), std::ref(log));
        co_await checkpoint();
        other_loop second;
        second.start([&]() -> task<> { co_await tx.send(1); });
        CHECK(second.ended() == 1);
        CHECK_THAT(second.error_text(),
                   contains_text("channel: task 'first' of loop 0x"));
        CHECK_THAT(second.error_text(),
                   contains_text("and task 'other main' of loop 0x"));
        other_loop third;
        third.start([&]() -> task<> { (void)co_await rx.receive(); });
        CHECK(third.ended() == 1);
        CHECK_THAT(third.error_text(),
                   contains_text("channel: task 'first' of loop 0x"));
        std::string text;
        std::thread([&] {
            try {
                (void)tx.clone();
            } catch (std::logic_error const& error) {
                text = error.what();
            }
        }).join();
        CHECK_THAT(text, contains_text("code outside of every loop"));
        co_await tx.send(5);
    });
    CHECK(log.text() == "r5");
}

TETHER_TEST_CASE("CH01 backpressure: a producer is ahead by the capacity at "
                 "most, through three stages") {
    auto [a_in, a_out] = channel<int>(3);
    auto [b_in, b_out] = channel<int>(2);
    int produced = 0;
    int consumed = 0;
    int lead = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != 200; ++i) {
                co_await a_in.send(i);
                ++produced;
                lead = std::max(lead, produced - consumed);
            }
            a_in.close();
        });
        group.spawn([&]() -> task<> {
            while (auto item = co_await a_out.receive())
                co_await b_in.send(*item);
            b_in.close();
        });
        group.spawn([&]() -> task<> {
            while (auto item = co_await b_out.receive()) {
                co_await sleep_for(1ms);
                ++consumed;
            }
        });
        co_return;
    });
    CHECK(consumed == 200);
    CHECK(lead <= 3 + 1 + 2 + 1); // the buffers and what each stage holds
}
