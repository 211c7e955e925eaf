// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A send or receive that need not wait looks at one word. Whatever makes a stop
// pending, or waits on the other side, must be seen all the same.
#include "stream_test.hpp"

#include <tether/scope/shielded.hpp>
#include <tether/scope/with_cancel_scope.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/select.hpp>
#include <tether/stream/work_queue.hpp>
#include <tether/sync/event.hpp>
#include <tether/task/run.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>

using namespace tether;
using namespace tether_test;

namespace {

// Sends until it is stopped, never waiting; how many went in.
struct eager_sender {
    sender<int> tx;
    receiver<int> rx;
    std::size_t sent = 0;

    eager_sender() {
        auto ends = channel<int>(1000);
        tx = std::move(ends.first);
        rx = std::move(ends.second);
    }
    task<> send(int times) {
        for (int i = 0; i != times; ++i) {
            int one = i;
            co_await tx.send_from(one);
            ++sent;
        }
    }
};

// Whoever wants its address asks std::addressof.
struct addressless {
    explicit addressless(int v) noexcept : value(v) {}
    addressless* operator&() const = delete;
    int value;
};

} // namespace

// No TETHER_TEST_CASE: the hooks of a test would take the long way.

TEST_CASE("CA01 a task that cancels its own scope stops at its next send") {
    eager_sender s;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            co_await s.send(10);
            scope.cancel();
            co_await s.send(10);
        });
        CHECK(s.sent == 10);
        co_await s.send(5); // and goes on outside of it
    });
    CHECK(s.sent == 15);
}

TEST_CASE("CA01 a stop that is pending when a turn or a scope begins is seen "
          "by the first send") {
    eager_sender s;
    tether::run([&]() -> task<> {
        cancel_scope before;
        before.cancel();
        co_await with_cancel_scope(before, [&]() -> task<> { // cancelled before
            co_await s.send(1);
        });
        CHECK(s.sent == 0);
        co_await with_cancellable_task_group([&](task_group& g) -> task<> {
            g.cancel();
            g.spawn([&]() -> task<> { co_await s.send(1); });
            g.spawn(eager, [&]() -> task<> { co_await s.send(1); });
            co_return;
        });
        CHECK(s.sent == 0);
    });
}

TEST_CASE("CA01 a task that is cancelled while it is ready stops at its next "
          "send") {
    eager_sender s;
    tether::run([&]() -> task<> {
        event go;
        bool woken = false;
        co_await with_task_group([&](task_group& g) -> task<> {
            auto handle = g.spawn([&]() -> task<> {
                co_await go.wait();
                woken = true;
                co_await s.send(1);
            });
            co_await checkpoint();
            go.set();
            handle.cancel(); // too late for the event
            co_return;
        });
        CHECK(woken);
    });
    CHECK(s.sent == 0);
}

TEST_CASE("CA16 a cancel by a plain handler names no task, whichever ran "
          "before") {
    boost::asio::io_context io;
    std::string by;
    tether::run(io, [&]() -> task<> {
        cancel_scope scope;
        co_await with_cancel_scope(scope, [&]() -> task<> {
            co_await with_task_group([&](task_group& g) -> task<> {
                g.spawn(named("the last to run"), [&]() -> task<> {
                    boost::asio::post(io, [&] { scope.cancel(); });
                    co_await sleep_forever();
                });
                co_return;
            });
        });
        by = scope.reason().task;
    });
    CHECK(by.empty());
}

TEST_CASE("IN12 a wait behind quick sends and receives is reported at its own "
          "line") {
    unsigned line = 0;
    std::string tree;
    try {
        tether::run([&]() -> task<> {
            auto [tx, rx] = channel<int>(4);
            co_await tx.send(1);
            static_cast<void>(co_await rx.receive());
            line = std::source_location::current().line() + 1;
            static_cast<void>(co_await rx.receive());
        });
    } catch (deadlock_error const& e) {
        tree = e.tree();
    }
    CAPTURE(tree);
    CHECK_THAT(tree, contains_text("prompt.cpp:" + std::to_string(line)));
}

TEST_CASE("CH06 a receive that is stopped before it waits leaves the channel "
          "as it was") {
    std::size_t lost = 0;
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(4, {}, [&](int) { ++lost; });
        co_await tx.send(7);
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            scope.cancel();
            static_cast<void>(co_await rx.receive());
        });
        tx.close();
        REQUIRE(lost == 0);
        auto const item = co_await rx.receive();
        CHECK(item == 7);
    });
    CHECK(lost == 0);
}

TEST_CASE("CA01 a stop that is pending is seen before a task waits for an item "
          "or for room") {
    int passed = 0;
    tether::run([&]() -> task<> {
        for (std::size_t const capacity : {std::size_t(0), std::size_t(1)}) {
            auto [tx, rx] = channel<int>(channel_capacity(capacity));
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                scope.cancel();
                static_cast<void>(co_await rx.receive()); // of nobody
                ++passed;
            });
            for (; tx.statistics().buffered != capacity;)
                co_await tx.send(1);
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                scope.cancel();
                co_await tx.send(2); // to nobody
                ++passed;
            });
        }
    });
    CHECK(passed == 0);
}

TEST_CASE("SH01 the stop that a shield held off comes with the first send "
          "behind it") {
    eager_sender s;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
            auto work = [&]() -> task<> {
                scope.cancel();
                co_await s.send(3);
            };
            co_await shielded(work);
            CHECK(s.sent == 3);
            co_await s.send(1);
        });
    });
    CHECK(s.sent == 3);
}

TEST_CASE("SH01 switching a shield off delivers the stop to the next send") {
    eager_sender s;
    tether::run([&]() -> task<> {
        co_await with_cancel_scope([&](cancel_scope& outer) -> task<> {
            co_await with_cancel_scope([&](cancel_scope& inner) -> task<> {
                inner.shield(true);
                outer.cancel();
                co_await s.send(2);
                inner.shield(false);
                co_await s.send(2);
            });
        });
    });
    CHECK(s.sent == 2);
}

TEST_CASE(
    "CH06 after quick sends and receives a waiting task is served first") {
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(100);
        for (int i = 0; i != 20; ++i)
            co_await tx.send(i); // the next ones need no look
        for (int i = 0; i != 20; ++i)
            static_cast<void>(co_await rx.receive());
        int first = -1;
        co_await with_task_group([&](task_group& g) -> task<> {
            g.spawn([&]() -> task<> {
                auto got = co_await rx.receive();
                first = *got;
            });
            co_await checkpoint(); // it waits
            co_await tx.send(7);
            CHECK(rx.statistics().buffered == 0);
            co_await tx.send(8);
            CHECK(rx.statistics().buffered == 1);
        });
        CHECK(first == 7);
    });
}

TEST_CASE("CH15 CH17 quick sends end with the channel, quick receives with the "
          "last item") {
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(100);
        for (int i = 0; i != 10; ++i)
            co_await tx.send(i);
        for (int i = 0; i != 4; ++i)
            static_cast<void>(co_await rx.receive());
        rx.close();
        try {
            co_await tx.send(1);
            FAIL("sent into nothing");
        } catch (broken_resource const&) {
        }
    });
    tether::run([&]() -> task<> {
        work_queue<int> queue(100);
        for (int i = 0; i != 10; ++i)
            co_await queue.put(i);
        queue.shutdown();
        try {
            co_await queue.put(1);
            FAIL("put into a queue that is shut down");
        } catch (closed_resource const&) {
        }
    });
}

TEST_CASE(
    "CH15 CH17 nobody waits any more where others waited before the end") {
    int ends = 0;
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(0);
        auto take = [&]() -> task<> { ends += !co_await rx.receive(); };
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(take);
            co_await checkpoint();
            tx.close();
        });
        co_await take();
    });
    CHECK(ends == 2);
    int broken = 0;
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(0);
        auto put = [&]() -> task<> {
            try {
                co_await tx.send(1);
            } catch (broken_resource const&) {
                ++broken;
            }
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(put);
            co_await checkpoint();
            rx.close();
        });
        co_await put();
    });
    CHECK(broken == 2);
}

TEST_CASE("CH39 the peak is exact whether or not sends had to look") {
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<int>(100);
        std::size_t peak = 0;
        std::size_t kept = 0;
        std::mt19937 random(5);
        for (int round = 0; round != 300; ++round) {
            for (auto n = random() % 12; n != 0 && kept != 100; --n, ++kept)
                co_await tx.send(1);
            peak = (std::max)(peak, kept);
            CHECK(tx.statistics().peak == peak);
            CHECK(tx.statistics().buffered == kept);
            for (auto n = random() % 12; n != 0 && kept != 0; --n, --kept)
                static_cast<void>(co_await rx.receive());
        }
        CHECK(peak > 20);
    });
}

TEST_CASE("CH01 an item that comes back takes the room of one that is sent") {
    tether::run([&]() -> task<> {
        auto [tx, rx] = channel<tricky>(2);
        for (int i = 0; i != 2; ++i) { // the peak is the capacity
            tricky item(i);
            co_await tx.send_from(item);
        }
        while (rx.try_receive())
            ;
        co_await with_task_group([&](task_group& group) -> task<> {
            auto waits = group.spawn([&]() -> task<> {
                try {
                    static_cast<void>(co_await rx.receive());
                    FAIL("the move did not throw");
                } catch (std::runtime_error const&) {
                }
            });
            co_await checkpoint(); // it waits
            tricky first(1);
            tricky second(2);
            co_await tx.send_from(first);  // to who waits
            co_await tx.send_from(second); // the next one needs no look
            armed_move const armed(1);
            co_await waits.wait();
        });
        CHECK(rx.statistics().buffered == 2);
        co_await with_task_group([&](task_group& group) -> task<> {
            tricky third(3);
            auto sends =
                group.spawn([&]() -> task<> { co_await tx.send_from(third); });
            co_await checkpoint();
            CHECK(rx.statistics().buffered == 2);
            CHECK(rx.statistics().waiting_senders == 1);
            CHECK(rx.try_receive()->value() == 1);
            co_await sends.wait();
        });
    });
}

TEST_CASE("CA12 whichever way items go at once, others run after 64 of them") {
    constexpr int items = 200;
    // The most items in a row, while another task is always ready.
    auto const longest = [](channel_capacity capacity, int waiting, bool puts) {
        int row = 0;
        int most = 0;
        tether::run([&]() -> task<> {
            auto [tx, rx] = channel<int>(capacity);
            bool over = false;
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i != waiting; ++i)
                    group.spawn([&]() -> task<> {
                        if (puts)
                            static_cast<void>(co_await rx.receive());
                        else
                            co_await tx.send(1);
                    });
                for (int i = 0; waiting == 0 && !puts && i != items; ++i)
                    static_cast<void>(tx.try_send(1));
                co_await checkpoint(); // they wait
                group.spawn([&]() -> task<> {
                    while (!over) {
                        row = 0;
                        co_await checkpoint();
                    }
                });
                co_await checkpoint();
                for (int i = 0; i != items; ++i) {
                    if (puts)
                        co_await tx.send(1);
                    else
                        static_cast<void>(co_await rx.receive());
                    most = (std::max)(most, ++row);
                }
                over = true;
            });
        });
        return most;
    };
    auto const room = channel_capacity(items);
    // Into the buffer, out of it, to those who wait, and from those who do.
    int const ways[] = {longest(room, 0, true), longest(room, 0, false),
                        longest(room, items, true),
                        longest(channel_capacity(0), items, false)};
    for (int const most : ways) {
        CHECK(most > 32);
        CHECK(most <= 64);
    }
}

TEST_CASE("CH01 a sender that waits gets its room with the next receive, "
          "however quick those before were") {
    for (bool const selects : {false, true})
        tether::run([&]() -> task<> {
            auto [tx, rx] = channel<int>(4);
            for (int i = 0; i != 4; ++i)
                co_await tx.send(i);
            static_cast<void>(co_await rx.receive()); // the next need no look
            co_await tx.send(4);
            co_await with_task_group([&](task_group& group) -> task<> {
                event never;
                group.spawn([&]() -> task<> {
                    if (selects)
                        static_cast<void>(
                            co_await select(tx.send(5), never.wait()));
                    else
                        co_await tx.send(5);
                });
                co_await checkpoint();
                CHECK(tx.statistics().waiting_senders == 1);
                static_cast<void>(co_await rx.receive());
                CHECK(tx.statistics().waiting_senders == 0);
                CHECK(tx.statistics().buffered == 4);
            });
        });
}

TEST_CASE("CH06 senders that were served may go with their context before they "
          "run") {
    // A pass of the loop ends after so many turns; the one that serves shall be
    // its last.
    int served = 0;
    for (int turns = 0; turns != 300; ++turns) {
        auto [tx, rx] = channel<int>(0);
        int resumed = 0;
        bool taken = false;
        {
            other_loop gone;
            for (int i = 0; i != 3; ++i)
                gone.start([&]() -> task<> {
                    co_await tx.send(1);
                    ++resumed;
                });
            gone.start([&]() -> task<> {
                for (int i = 0; i != turns; ++i)
                    co_await checkpoint();
                static_cast<void>(co_await rx.receive());
                static_cast<void>(co_await rx.receive());
                taken = true;
            });
        }
        served += taken && resumed == 0;
        CHECK(tx.statistics().waiting_senders == 0);
        CHECK(!rx.try_receive());
    }
    CHECK(served == 1);
}

TEST_CASE("CH01 an operation may be const, and awaited again; an item may hide "
          "its address") {
    tether::run([]() -> task<> {
        auto [tx, rx] = channel<addressless>();
        int sum = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                auto const receiving = rx.receive();
                for (int i = 0; i != 3; ++i) {
                    auto const item = co_await receiving;
                    sum += item->value;
                }
            });
            addressless item(2);
            auto const sending = tx.send_from(item);
            co_await sending; // there is a receiver
            co_await sending;
            co_await tx.send(addressless(3));
        });
        CHECK(sum == 7);
    });
}
