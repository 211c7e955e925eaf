// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/select.hpp>
#include <tether/stream/wait_any.hpp>

#include <random>

using namespace tether;
using namespace tether_test;

TETHER_TEST_CASE("CH31 select takes from one channel and leaves the others "
                 "alone") {
    auto [a, from_a] = channel<int>(4);
    auto [b, from_b] = channel<int>(4);
    co_await a.send(1);
    co_await b.send(2);
    auto first = co_await select(from_a.receive(), from_b.receive());
    REQUIRE(first.index() == 0);
    CHECK(*std::get<0>(first) == 1);
    CHECK(from_b.statistics().buffered == 1);
    auto second = co_await select(from_a.receive(), from_b.receive());
    REQUIRE(second.index() == 1);
    CHECK(*std::get<1>(second) == 2);
}

TETHER_TEST_CASE("CH31 of two items that come in one turn, the second stays "
                 "for the next receive") {
    auto [a, from_a] = channel<int>();
    auto [b, from_b] = channel<int>(1);
    std::vector<int> got;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto item = co_await select(from_a.receive(), from_b.receive());
            got.push_back(static_cast<int>(item.index()));
        });
        co_await checkpoint();
        CHECK(a.statistics().waiting_receivers == 1);
        CHECK(b.statistics().waiting_receivers == 1);
        CHECK(b.try_send(2) == channel_status::ok);
        // The select has not run, but it waits nowhere any more.
        CHECK(a.statistics().waiting_receivers == 0);
        CHECK(a.try_send(1) == channel_status::would_block);
        CHECK(b.try_send(3) == channel_status::ok);
    });
    CHECK(got == std::vector{1});
    CHECK(*from_b.try_receive() == 3);
}

TETHER_TEST_CASE("CH31 a losing send keeps its item, a winning one has moved "
                 "it") {
    auto [a, from_a] = channel<std::unique_ptr<int>>();
    auto [b, from_b] = channel<std::unique_ptr<int>>();
    auto one = std::make_unique<int>(1);
    auto two = std::make_unique<int>(2);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto first =
                co_await select(a.send(std::move(one)), b.send(std::move(two)));
            CHECK(first.index() == 1);
        });
        auto item = co_await from_b.receive();
        CHECK(**item == 2);
        CHECK(from_a.try_receive().status() == channel_status::would_block);
    });
    CHECK(one);
    CHECK_FALSE(two); // NOLINT: asked on purpose
}

TETHER_TEST_CASE("CH31 select mixes receives, sends, events, permits, time "
                 "and handles") {
    auto [tx, rx] = channel<std::string>();
    event happened;
    semaphore permits(0);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto never = group.spawn([]() -> task<int> {
            co_await sleep_forever();
            co_return 1;
        });
        auto later = group.spawn([]() -> task<int> {
            co_await sleep_for(2s);
            co_return 5;
        });
        stopwatch watch;
        auto all = [&](auto& handle, auto wanted) -> task<> {
            std::string text = "mine";
            auto first = co_await select(rx.receive(), tx.send(std::move(text)),
                                         happened.wait(), permits.acquire(),
                                         sleep_for(1s), handle);
            CHECK(first.index() == wanted);
            if (first.index() != 1)
                CHECK(text == "mine"); // NOLINT: not moved from
        };
        co_await all(never, 4u);
        CHECK(watch.elapsed() == 1s);
        auto by_handle = co_await select(rx.receive(), later, happened.wait(),
                                         sleep_for(3s));
        REQUIRE(by_handle.index() == 1);
        CHECK(std::get<1>(by_handle).get() == 5);
        CHECK(watch.elapsed() == 2s);
        group.spawn([&]() -> task<> {
            permits.release();
            co_return;
        });
        co_await all(never, 3u);
        CHECK(permits.statistics().available == 1);
        (void)permits.try_acquire()->consume();
        group.spawn([&]() -> task<> {
            auto item = co_await rx.receive();
            CHECK(*item == "mine");
        });
        co_await all(never, 1u);
        group.spawn([&]() -> task<> { co_await tx.send("theirs"); });
        co_await all(never, 0u);
        happened.set();
        co_await all(never, 2u);
        CHECK(permits.statistics().waiting == 0);
        CHECK(rx.statistics().waiting_receivers == 0);
        CHECK(rx.statistics().waiting_senders == 0);
        never.cancel();
    });
}

TETHER_TEST_CASE("CH31 a permit that frees itself while a select leaves goes "
                 "to the next waiter") {
    // Two branches on one semaphore: leaving the larger request makes the
    // smaller one fit, after the select is decided.
    semaphore permits(1);
    permit held = co_await permits.acquire();
    event happened;
    bool served = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto first = co_await select(permits.acquire(2), permits.acquire(1),
                                         happened.wait());
            CHECK(first.index() == 2);
        });
        group.spawn([&]() -> task<> {
            permit const mine = co_await permits.acquire(1);
            served = true;
        });
        co_await checkpoint();
        held.release();
        CHECK(permits.statistics().waiting == 3); // behind the larger request
        happened.set();
    });
    CHECK(served);
    CHECK(permits.statistics().available == 1);
}

TETHER_TEST_CASE("CH31 both ends of one channel in one select never meet each "
                 "other") {
    auto [tx, rx] = channel<int>();
    int mine = 1;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto both = group.spawn([&]() -> task<std::size_t> {
            auto first = co_await select(tx.send_from(mine), rx.receive());
            co_return first.index();
        });
        co_await checkpoint();
        CHECK(both.status() == task_status::running);
        CHECK(rx.statistics().waiting_senders == 1);
        CHECK(rx.statistics().waiting_receivers == 1);
        co_await tx.send(7);
        auto const index = co_await both;
        CHECK(index == 1);
        CHECK(rx.statistics().waiting_senders == 0);
    });
}

TETHER_TEST_CASE("CH31 a cancelled select leaves all its lines and takes "
                 "nothing") {
    auto [a, from_a] = channel<int>();
    auto [b, from_b] = channel<int>();
    int mine = 3;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            (void)co_await select(from_a.receive(), b.send_from(mine),
                                  sleep_for(1h));
        });
        co_await checkpoint();
        handle.cancel();
        CHECK(a.statistics().waiting_receivers == 0);
        CHECK(b.statistics().waiting_senders == 0);
        CHECK(a.try_send(1) == channel_status::would_block);
        co_await handle.wait();
        CHECK(handle.status() == task_status::cancelled);
    });
    // Decided first, cancelled then: the item is delivered.
    int got = 0;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto handle = group.spawn([&]() -> task<> {
            auto item = co_await select(from_a.receive(), from_b.receive());
            got = *std::get<0>(item);
        });
        co_await checkpoint();
        CHECK(a.try_send(4) == channel_status::ok);
        handle.cancel();
    });
    CHECK(got == 4);
}

TETHER_TEST_CASE("CH31 closing an end that a select waits through decides "
                 "it, also when it has two branches there") {
    auto [tx, rx] = channel<int>();
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                (void)co_await select(rx.receive(), rx.receive());
            } catch (closed_resource const& error) {
                text = error.what();
            }
        });
        co_await checkpoint();
        CHECK(tx.statistics().waiting_receivers == 2);
        rx.close();
    });
    CHECK_THAT(text, contains_text("receive from a channel"));
    // The end of the other side is a result.
    auto [in, out] = channel<int>();
    event never;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto first = co_await select(never.wait(), out.receive());
            REQUIRE(first.index() == 1);
            CHECK_FALSE(std::get<1>(first).has_value());
        });
        co_await checkpoint();
        in.close();
    });
}

TETHER_TEST_CASE("CH31 whichever of its moves throws, an item that a select "
                 "did not give is still in the channel") {
    auto [tx, rx] = channel<tricky>(1);
    event never;
    for (int at = 1; at != 8; ++at) {
        co_await tx.send(tricky(at));
        int received = 0;
        {
            armed_move const armed(at);
            try {
                auto first = co_await select(rx.receive(), never.wait());
                received = std::get<0>(first)->value();
            } catch (std::runtime_error const&) {
            }
        }
        if (received == 0)
            received = rx.try_receive()->value();
        CHECK(received == at);
    }
}

// Without the hooks of a test, which make every send take the long way.
TEST_CASE("CH31 a send or receive that need not wait decides a select, which "
          "leaves its other lines at once") {
    tether::run([]() -> task<> {
        auto [tx, rx] = channel<int>();
        event other;
        auto const chooses = [&](auto branch) -> task<> {
            auto const first = co_await select(branch(), other.wait());
            CHECK(first.index() == 0);
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            int item = 7;
            group.spawn(chooses, [&] { return tx.send_from(item); });
            co_await checkpoint();
            REQUIRE(other.statistics().waiting == 1);
            auto const got = co_await rx.receive();
            CHECK(got == 7);
            CHECK(other.statistics().waiting == 0);
            group.spawn(chooses, [&] { return rx.receive(); });
            co_await checkpoint();
            REQUIRE(other.statistics().waiting == 1);
            co_await tx.send(8);
            CHECK(other.statistics().waiting == 0);
        });
    });
}

TETHER_TEST_CASE("CH32 select prefers the first branch that is ready, "
                 "select_unbiased does not") {
    auto [a, from_a] = channel<int>(1);
    auto [b, from_b] = channel<int>(1);
    std::mt19937_64 random(7);
    std::vector<int> biased(2, 0);
    std::vector<int> fair(2, 0);
    for (int i = 0; i != 200; ++i) {
        (void)a.try_send(1);
        (void)b.try_send(1);
        auto first = co_await select(from_a.receive(), from_b.receive());
        ++biased[first.index()];
    }
    CHECK(biased == std::vector{200, 0});
    std::string orders[2];
    for (auto& order : orders) {
        random.seed(11);
        for (int i = 0; i != 200; ++i) {
            (void)a.try_send(1);
            (void)b.try_send(1);
            auto first = co_await select_unbiased(random, from_a.receive(),
                                                  from_b.receive());
            ++fair[first.index()];
            order += std::to_string(first.index());
        }
    }
    CHECK(fair[0] > 120);
    CHECK(fair[1] > 120);
    CHECK(orders[0] == orders[1]); // by the seed
}

TETHER_TEST_CASE("CH32 a sleep is the timeout clause") {
    auto [tx, rx] = channel<int>();
    stopwatch watch;
    auto first = co_await select(rx.receive(), sleep_for(250ms));
    CHECK(first.index() == 1);
    CHECK(watch.elapsed() == 250ms);
    CHECK(tx.statistics().waiting_receivers == 0);
    auto at_once = co_await select(sleep_for(0ms), rx.receive());
    CHECK(at_once.index() == 0);
}

TETHER_TEST_CASE("SY14 a select allocates nothing") {
    auto [tx, rx] = channel<int>();
    event never;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            for (int i = 0; i != 120; ++i)
                co_await tx.send(i);
            tx.close();
        });
        for (int i = 0; i != 20; ++i)
            (void)co_await rx.receive();
        co_await sleep_for(1ms);
        std::size_t const before = allocations();
        for (int i = 0; i != 100; ++i) {
            auto first =
                co_await select(never.wait(), rx.receive(), sleep_for(1h));
            CHECK(first.index() == 1);
        }
        CHECK(allocations() == before);
    });
}

TETHER_TEST_CASE("EV09 wait_any gives the index of the event, and the others "
                 "keep no trace") {
    event a;
    event b;
    event c;
    std::size_t which = 9;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { which = co_await wait_any(a, b, c); });
        co_await checkpoint();
        CHECK(a.statistics().waiting == 1);
        CHECK(c.statistics().waiting == 1);
        b.set();
        CHECK(a.statistics().waiting == 0);
        CHECK(c.statistics().waiting == 0);
    });
    CHECK(which == 1);
    c.set();
    which = co_await wait_any(a, b, c);
    CHECK(which == 1); // the lowest one that is set
    which = co_await wait_any(c);
    CHECK(which == 0);
    bool const ended =
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            (void)co_await wait_any(a, b);
        });
    CHECK_FALSE(ended);
    CHECK(a.statistics().waiting == 0);
}
