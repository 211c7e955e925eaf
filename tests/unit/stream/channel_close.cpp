// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/channel.hpp>
#include <tether/task/runner.hpp>

#include <thread>

using namespace tether;
using namespace tether_test;

namespace {

// The text of the closed_error that `op` ends with, and its kind.
template<class F>
task<> expect_closed(F op, std::string name, event_log& log) {
    std::string how;
    try {
        co_await op();
        how = "ok";
    } catch (closed_resource const&) {
        how = "closed";
    } catch (broken_resource const&) {
        how = "broken";
    }
    log(name + ":" + how);
}

} // namespace

TETHER_TEST_CASE("CH12 a side closes when the last of its clones does") {
    auto [tx, rx] = channel<int>(4);
    auto tx2 = tx.clone();
    auto rx2 = rx.clone();
    CHECK(tx.statistics().senders == 2);
    CHECK(tx.statistics().receivers == 2);
    co_await tx.send(1);
    tx.close();
    CHECK(rx.try_receive().status() == channel_status::ok);
    CHECK(rx.try_receive().status() == channel_status::would_block);
    rx.close();
    co_await tx2.send(2);
    tx2.close();
    auto item = co_await rx2.receive();
    CHECK(*item == 2);
    item = co_await rx2.receive();
    CHECK_FALSE(item.has_value());
}

TEST_CASE("CH13 a closed end cannot be cloned") {
    auto [tx, rx] = channel<int>();
    tx.close();
    CHECK_THROWS_AS(tx.clone(), closed_resource);
    CHECK_THROWS_WITH(tx.clone(), contains_text("clone of an end"));
    rx.close();
    CHECK_THROWS_AS(rx.clone(), closed_resource);
    CHECK_THROWS_AS(sender<int>().clone(), closed_resource);
    CHECK_THROWS_AS(rx.statistics(), closed_error);
}

TETHER_TEST_CASE("CH14 closing an end ends what waits through it, and nothing "
                 "else") {
    auto [tx, rx] = channel<int>();
    auto tx2 = tx.clone();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await tx.send(1); }, "a", std::ref(log));
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await tx2.send(2); }, "b", std::ref(log));
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await tx.send(3); }, "c", std::ref(log));
        co_await checkpoint();
        CHECK(rx.statistics().waiting_senders == 3);
        tx.close();
        CHECK(rx.statistics().waiting_senders == 1);
        co_await checkpoint();
        CHECK(log.text() == "a:closed c:closed");
        auto item = co_await rx.receive();
        CHECK(*item == 2);
    });
    CHECK(log.text() == "a:closed c:closed b:ok");

    auto rx2 = rx.clone();
    event_log second;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { (void)co_await rx.receive(); }, "a",
            std::ref(second));
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { (void)co_await rx2.receive(); }, "b",
            std::ref(second));
        co_await checkpoint();
        rx.close();
        co_await checkpoint();
        CHECK(second.text() == "a:closed");
        co_await tx2.send(4);
    });
    CHECK(second.text() == "a:closed b:ok");
}

TETHER_TEST_CASE("CH14 what waits through an end follows it when it is moved") {
    auto [tx, rx] = channel<int>();
    auto other = tx.clone();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await tx.send(1); }, "a", std::ref(log));
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await other.send(2); }, "b", std::ref(log));
        co_await checkpoint();
        sender<int> moved = std::move(tx);
        CHECK(rx.statistics().waiting_senders == 2);
        moved.close();
        co_await checkpoint();
        CHECK(log.text() == "a:closed");
        CHECK(*rx.try_receive() == 2);
    });
    CHECK(log.text() == "a:closed b:ok");
}

TETHER_TEST_CASE("CH15 without receivers a send is broken, waiting or later") {
    auto [tx, rx] = channel<int>(1);
    auto rx2 = rx.clone();
    CHECK(tx.try_send(0) == channel_status::ok);
    event_log log;
    int mine = 7;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(
            expect_closed<std::function<task<>()>>,
            [&]() -> task<> { co_await tx.send_from(mine); }, "a",
            std::ref(log));
        co_await checkpoint();
        rx.close();
        co_await checkpoint();
        CHECK(log.text().empty());
        rx2.close();
    });
    CHECK(log.text() == "a:broken");
    CHECK(mine == 7);
    std::string text;
    try {
        co_await tx.send(1);
    } catch (broken_resource const& error) {
        text = error.what();
    }
    CHECK(text == "send into a channel whose receivers are all closed");
}

TETHER_TEST_CASE("CH16 without senders the buffer is drained, then comes the "
                 "end, for waiting and for later receives") {
    auto [tx, rx] = channel<int>(4);
    event_log log;
    co_await tx.send(1);
    co_await tx.send(2);
    tx.close();
    co_await receive_values<int>(rx.clone(), "r", log);
    CHECK(log.text() == "r1 r2 rend");

    auto [in, out] = channel<int>(4);
    event_log waiting;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(receive_values<int>, out.clone(), std::string("a"),
                    std::ref(waiting));
        group.spawn(receive_values<int>, out.clone(), std::string("b"),
                    std::ref(waiting));
        co_await checkpoint();
        in.close();
    });
    CHECK(waiting.text() == "aend bend");
}

TETHER_TEST_CASE("CH17 an end that is closed says so") {
    auto [tx, rx] = channel<int>(1);
    tx.close();
    rx.close();
    CHECK_FALSE(tx.is_open());
    std::string sent;
    try {
        co_await tx.send(1);
    } catch (closed_resource const& error) {
        sent = error.what();
    }
    CHECK(sent == "send into a stream through an end that is closed");
    std::string received;
    try {
        (void)co_await rx.receive();
    } catch (closed_resource const& error) {
        received = error.what();
    }
    CHECK(received == "receive from a stream through an end that is closed");
    // So is one that was moved from.
    auto [a, b] = channel<int>(1);
    sender<int> const c = std::move(a);
    CHECK(a.try_send(1) == channel_status::closed); // NOLINT: asked on purpose
    CHECK(c.is_open());
}

TETHER_TEST_CASE("CH17 what was asked through an end that is closed before it "
                 "is awaited says so") {
    event_log log;
    int const one = 1;
    auto [tx, rx] = channel<int>(1);
    auto sending = tx.send(one);
    auto some = rx.receive_some(2);
    tx.close();
    rx.close(); // and there is no channel any more
    co_await expect_closed<std::function<task<>()>>(
        [&]() -> task<> { co_await std::move(sending); }, "send", log);
    co_await expect_closed<std::function<task<>()>>(
        [&]() -> task<> { (void)co_await some; }, "some", log);
    CHECK(log.text() == "send:closed some:closed");
}

TETHER_TEST_CASE("CH14 CH17 what was asked through an end that is moved before "
                 "it is awaited does not follow it") {
    event_log log;
    int const one = 1;
    auto [tx, rx] = channel<int>(1);
    auto sending = tx.send(one);
    auto moved = std::move(tx);
    co_await expect_closed<std::function<task<>()>>(
        [&]() -> task<> { co_await std::move(sending); }, "send", log);
    CHECK(log.text() == "send:closed");
    moved.close();
    CHECK(rx.try_receive().status() == channel_status::end);
}

TEST_CASE("CH18 close is idempotent and needs no loop, and the destructor "
          "closes") {
    auto [tx, rx] = channel<int>(1);
    static_assert(noexcept(tx.close()) && noexcept(rx.close()));
    {
        sender<int> const gone = std::move(tx);
    }
    CHECK(rx.try_receive().status() == channel_status::end);
    rx.close();
    rx.close();
    tx.close();
    auto [in, out] = channel<int>(1);
    in = sender<int>(); // assigning closes what was there
    CHECK(out.try_receive().status() == channel_status::end);
}

TETHER_TEST_CASE("CH19 closing with an error: receivers get it after what is "
                 "buffered") {
    auto [tx, rx] = channel<int>(2);
    auto tx2 = tx.clone();
    co_await tx.send(1);
    tx.close(std::make_exception_ptr(std::runtime_error("first")));
    CHECK(*rx.try_receive() == 1);
    CHECK(rx.try_receive().status() == channel_status::would_block);
    co_await tx2.send(2);
    tx2.close(std::make_exception_ptr(std::runtime_error("second")));
    auto item = co_await rx.receive();
    CHECK(*item == 2);
    for (int i = 0; i != 2; ++i) {
        std::string text;
        try {
            (void)co_await rx.receive();
        } catch (std::runtime_error const& error) {
            text = error.what();
        }
        CHECK(text == "first");
    }
    CHECK_THROWS_WITH(rx.try_receive(), "first");

    // A receiver that waits already.
    auto [in, out] = channel<int>();
    std::string text;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                (void)co_await out.receive();
            } catch (std::runtime_error const& error) {
                text = error.what();
            }
        });
        co_await checkpoint();
        in.close(std::make_exception_ptr(std::runtime_error("gave up")));
    });
    CHECK(text == "gave up");
}

TETHER_TEST_CASE("CH20 a waiting send is not affected when another sender "
                 "closes") {
    auto [tx, rx] = channel<int>();
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(send_values<int>, tx.clone(), std::vector{5},
                    std::ref(log));
        co_await checkpoint();
        tx.close();
        co_await checkpoint();
        CHECK(log.text().empty());
        auto item = co_await rx.receive();
        CHECK(*item == 5);
    });
    CHECK(log.text() == "s5");
}

TEST_CASE("CH25 the undelivered hook may receive, and close the ends, of the "
          "channel whose item it is given") {
    using item = std::unique_ptr<int>;
    auto const make = [](int i) { return std::make_unique<int>(i); };
    std::vector<int> left;
    std::vector<int> got;
    receiver<item>* other = nullptr;
    {
        auto [tx, rx] =
            channel<item>(2, {overflow::drop_oldest}, [&](item&& dropped) {
                left.push_back(*dropped);
                if (auto next = other->try_receive())
                    got.push_back(**next);
            });
        other = &rx;
        for (int i = 0; i != 3; ++i)
            CHECK(tx.try_send(make(i)) == channel_status::ok);
        CHECK(left == std::vector{0});
        CHECK(got == std::vector{1});
        auto last = rx.try_receive();
        CHECK(**last == 2);
    }
    left.clear();
    sender<item> from;
    receiver<item> to;
    std::string const kept(100, 'x'); // in the hook, which must outlive it
    auto ends =
        channel<item>(2, {overflow::drop_oldest}, [&, kept](item&& dropped) {
            from.close();
            to.close();
            CHECK(kept.size() == 100);
            left.push_back(*dropped);
        });
    from = std::move(ends.first);
    to = std::move(ends.second);
    for (int i = 0; i != 3; ++i)
        CHECK(from.try_send(make(i)) == channel_status::ok);
    CHECK(left == std::vector{1, 2, 0}); // each once, the first around all
}

TEST_CASE("CH25 an item that is dropped may use, and close the ends of, its "
          "channel when it is destroyed") {
    struct item {
        explicit item(int n, std::function<void(int)> f)
            : number(n), destroyed(std::move(f)) {}
        item(item&& other) noexcept
            : number(other.number),
              destroyed(std::exchange(other.destroyed, nullptr)) {}
        ~item() {
            if (auto const f = std::exchange(destroyed, nullptr))
                f(number);
        }
        int number;
        std::function<void(int)> destroyed;
    };
    for (bool const hooked : {false, true}) {
        CAPTURE(hooked);
        std::vector<int> gone;
        sender<item> tx;
        receiver<item> rx;
        auto const note = [&](int n) { gone.push_back(n); };
        auto const answer = [&](int n) { // pushes out the next one
            gone.push_back(n);
            CHECK(tx.try_send(item(n + 10, note)) == channel_status::ok);
        };
        auto const close = [&](int n) {
            gone.push_back(n);
            tx.close();
            rx.close();
        };
        std::function<void(item&&)> hook;
        if (hooked)
            hook = [](item&&) {};
        auto ends = channel<item>(2, {overflow::drop_oldest}, hook);
        tx = std::move(ends.first);
        rx = std::move(ends.second);
        CHECK(tx.try_send(item(0, answer)) == channel_status::ok);
        CHECK(tx.try_send(item(1, note)) == channel_status::ok);
        CHECK(tx.try_send(item(2, close)) == channel_status::ok);
        CHECK(gone == std::vector{0, 1});
        CHECK(rx.statistics().buffered == 2);
        CHECK(rx.statistics().undelivered == 2);
        CHECK(tx.try_send(item(3, note)) == channel_status::ok);
        // The second is the first to go, and takes what is left along.
        CHECK(gone == std::vector{0, 1, 2, 10, 3});
    }
}

TEST_CASE(
    "CH25 an item that cannot be moved to the undelivered hook is told of "
    "once, and no other one goes with it") {
    tether::runner app;
    std::vector<std::string> told;
    app.on_unhandled_error([&](std::exception_ptr, char const* where) {
        told.emplace_back(where);
    });
    std::vector<int> left;
    std::vector<int> got;
    app.run([&]() -> task<> {
        auto [tx, rx] =
            channel<tricky>(2, {overflow::drop_oldest}, [&](tricky&& dropped) {
                left.push_back(dropped.value());
            });
        for (int const i : {1, 2})
            CHECK(tx.try_send(tricky(i)) == channel_status::ok);
        {
            armed_move const armed(2); // the item comes in, none goes out
            CHECK(tx.try_send(tricky(3)) == channel_status::ok);
        }
        CHECK(rx.statistics().undelivered == 1);
        while (auto next = rx.try_receive())
            got.push_back(next->value());
        co_return;
    });
    CHECK(left.empty());
    CHECK(got == std::vector{2, 3});
    REQUIRE(told.size() == 1);
    CHECK_THAT(told[0], contains_text("could not be moved"));
}

TEST_CASE("CH21 what is buffered when the last receiver closes goes to the "
          "undelivered hook at once") {
    std::vector<int> left;
    auto [tx, rx] =
        channel<int>(3, {}, [&](int&& item) { left.push_back(item); });
    auto rx2 = rx.clone();
    for (int i = 0; i != 3; ++i)
        CHECK(tx.try_send(i) == channel_status::ok);
    CHECK(*rx.try_receive() == 0);
    rx.close();
    CHECK(left.empty());
    rx2.close();
    CHECK(left == std::vector{1, 2});
    CHECK(tx.statistics().buffered == 0);
    CHECK(tx.statistics().undelivered == 2);

    // Without senders nobody would ask: the last end takes the rest along.
    auto shared = std::make_shared<int>(1);
    {
        auto ends = channel<std::shared_ptr<int>>(2);
        CHECK(ends.first.try_send(shared) == channel_status::ok);
        ends.first.close();
        CHECK(shared.use_count() == 2);
    }
    CHECK(shared.use_count() == 1);
}

TETHER_TEST_CASE("CH27 ends that were not closed close with their scope") {
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto [tx, rx] = channel<int>(2);
        group.spawn(receive_values<int>, std::move(rx), std::string("r"),
                    std::ref(log));
        co_await tx.send(1);
    }); // tx dies with the body: the child ends, nothing hangs
    CHECK(log.text() == "r1 rend");
}

TETHER_TEST_CASE("CH44 when the group of the producers fails, the consumers in "
                 "the other one come to the end") {
    auto [tx, rx] = channel<int>(1);
    event_log log;
    co_await with_task_group([&](task_group& outer) -> task<> {
        outer.spawn(receive_values<int>, std::move(rx), std::string("r"),
                    std::ref(log));
        try {
            co_await with_task_group([&](task_group& inner) -> task<> {
                inner.spawn(
                    [](sender<int> mine) -> task<> {
                        co_await mine.send(1);
                        co_await sleep_forever();
                    },
                    tx.clone());
                inner.spawn(
                    [](sender<int> mine) -> task<> {
                        co_await mine.send(2);
                        throw std::runtime_error("producer failed");
                    },
                    std::move(tx));
                co_return;
            });
        } catch (exception_group const&) {
            log("failed");
        }
    });
    CHECK(log.text() == "r1 r2 rend failed");
}

TEST_CASE("CH45 the deadlock report says so when only the receiving task "
          "itself could send") {
    std::string tree;
    try {
        run_virtual([]() -> task<> {
            auto [tx, rx] = channel<int>(1);
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(
                    [](sender<int> mine) -> task<> { co_await mine.send(1); },
                    tx.clone()); // and the original stays open here
                while (auto item = co_await rx.receive())
                    CHECK(*item == 1);
            });
        });
    } catch (deadlock_error const& error) {
        tree = error.tree();
    }
    CHECK_THAT(tree, contains_text("only this task itself could send"));

    tree.clear();
    try {
        run_virtual([]() -> task<> {
            auto [tx, rx] = channel<int>(1);
            auto held = tx.clone();
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(
                    [](sender<int>) -> task<> { co_await sleep_forever(); },
                    std::move(tx));
                held.close();
                (void)co_await rx.receive();
            });
        });
    } catch (deadlock_error const& error) {
        tree = error.tree();
    }
    CHECK_THAT(tree, contains_text("an item of a channel"));
    CHECK_THAT(tree, !contains_text("itself"));
}
