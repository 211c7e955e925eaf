// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "stream_test.hpp"

#include <tether/stream/broadcast.hpp>
#include <tether/stream/select.hpp>

using namespace tether;
using namespace tether_test;

namespace {

task<> hear(subscription<int> from, std::string name, event_log& log) {
    while (auto item = co_await from.receive())
        log(name + std::to_string(*item));
    log(name + "end");
}

// A copy throws when its countdown ends.
class fragile {
public:
    fragile(int value, int& copies) : value_(value), copies_(&copies) {}
    fragile(fragile const& other)
        : value_(other.value_), copies_(other.copies_) {
        if (--*copies_ == 0)
            throw std::runtime_error("the copy threw");
    }
    fragile(fragile&&) noexcept = default;
    int value() const noexcept { return value_; }

private:
    int value_;
    int* copies_;
};

} // namespace

TETHER_TEST_CASE("CH42 every subscriber gets every item, in the same order") {
    broadcast<int> source;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(hear, source.subscribe(2), "a", std::ref(log));
        group.spawn(hear, source.subscribe(2), "b", std::ref(log));
        CHECK(source.statistics().subscribers == 2);
        co_await checkpoint();
        for (int i = 0; i != 3; ++i) {
            co_await source.send(i);
            co_await checkpoint();
        }
        source.close();
    });
    CHECK(log.text() == "a0 b0 a1 b1 a2 b2 aend bend");
    CHECK(source.statistics().sent == 3);
    CHECK(source.statistics().subscribers == 0);
}

TETHER_TEST_CASE("CH42 a late subscriber gets what is sent after it came") {
    broadcast<int> source;
    co_await source.send(1); // nobody hears it
    auto early = source.subscribe(4);
    co_await source.send(2);
    auto late = source.subscribe(4);
    co_await source.send(3);
    source.close();
    std::string heard;
    while (auto item = co_await early.receive())
        heard += std::to_string(*item);
    heard += '/';
    while (auto item = co_await late.receive())
        heard += std::to_string(*item);
    CHECK(heard == "23/3");
    auto too_late = source.subscribe(4);
    auto item = co_await too_late.receive();
    CHECK_FALSE(item.has_value());
}

TETHER_TEST_CASE("CH42 a subscriber that blocks holds the senders up, in "
                 "order") {
    broadcast<int> source;
    auto slow = source.subscribe(1);
    auto fast = source.subscribe(8);
    event_log log;
    co_await source.send(0);
    CHECK(source.try_send(9) == channel_status::would_block);
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 1; i != 3; ++i)
            group.spawn([&, i]() -> task<> {
                co_await source.send(i);
                log("s" + std::to_string(i));
            });
        co_await checkpoint();
        CHECK(source.statistics().waiting_sends == 2);
        CHECK(fast.statistics().buffered == 1); // all or none
        auto item = co_await slow.receive();
        CHECK(*item == 0);
        co_await checkpoint();
        CHECK(log.text() == "s1");
        item = co_await slow.receive();
        CHECK(*item == 1);
    });
    CHECK(log.text() == "s1 s2");
    CHECK(fast.statistics().buffered == 3);
}

TETHER_TEST_CASE("CH42 a subscriber that drops the oldest knows how many it "
                 "missed and holds nobody up") {
    broadcast<int> source;
    auto lossy = source.subscribe(2, lag_policy::drop_oldest);
    for (int i = 0; i != 7; ++i)
        co_await source.send(i);
    CHECK(lossy.missed() == 5);
    CHECK(lossy.missed() == 0); // since it was last asked
    auto item = co_await lossy.receive();
    CHECK(*item == 5);
    co_await source.send(7);
    CHECK(lossy.missed() == 0);
    co_await source.send(8);
    CHECK(lossy.missed() == 1);
    item = co_await lossy.receive();
    CHECK(*item == 7);
}

TETHER_TEST_CASE("CH42 a subscriber that is to be disconnected gets what it "
                 "has, and then an error") {
    broadcast<int> source;
    auto slow = source.subscribe(2, lag_policy::disconnect);
    auto other = source.subscribe(unbounded);
    for (int i = 0; i != 4; ++i)
        co_await source.send(i);
    CHECK(source.statistics().subscribers == 1);
    CHECK(other.statistics().buffered == 4);
    auto item = co_await slow.receive();
    CHECK(*item == 0);
    item = co_await slow.receive();
    CHECK(*item == 1);
    std::string text;
    try {
        (void)co_await slow.receive();
    } catch (broken_resource const& error) {
        text = error.what();
    }
    CHECK_THAT(text, contains_text("too slow"));
}

TETHER_TEST_CASE("CH42 closing ends the subscribers after what they have, and "
                 "the sends that wait") {
    broadcast<int> source;
    auto slow = source.subscribe(1);
    event_log log;
    co_await source.send(1);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            try {
                co_await source.send(2);
            } catch (closed_resource const& error) {
                log(error.what());
            }
        });
        co_await checkpoint();
        source.close();
        source.close();
    });
    CHECK(log.text() == "send into a broadcast that is closed");
    CHECK(source.try_send(3) == channel_status::closed);
    auto item = co_await slow.receive();
    CHECK(*item == 1);
    item = co_await slow.receive();
    CHECK_FALSE(item.has_value());
}

TETHER_TEST_CASE("CH42 a subscriber that leaves lets the senders go on, and "
                 "may outlive the broadcast") {
    auto source = std::make_unique<broadcast<int>>();
    auto slow = source->subscribe(1);
    auto stays = source->subscribe(8);
    co_await source->send(1);
    bool sent = false;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            co_await source->send(2);
            sent = true;
        });
        co_await checkpoint();
        CHECK_FALSE(sent);
        slow.close();
        slow.close();
    });
    CHECK(sent);
    source.reset();
    auto items = co_await stays.receive();
    CHECK(*items == 1);
    items = co_await stays.receive();
    CHECK(*items == 2);
    items = co_await stays.receive();
    CHECK_FALSE(items.has_value());
    CHECK_THROWS_AS(broadcast<int>().subscribe(0), std::invalid_argument);
}

TETHER_TEST_CASE("CH42 a task that waits through a subscription that is "
                 "destroyed comes to the end") {
    broadcast<int> source;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto mine = std::make_unique<subscription<int>>(source.subscribe(1));
        auto& ref = *mine;
        group.spawn([&]() -> task<> {
            auto item = co_await ref.receive();
            log(item ? "item" : "end");
        });
        co_await checkpoint();
        mine.reset();
    });
    CHECK(log.text() == "end");
    CHECK(source.statistics().subscribers == 0);
}

TETHER_TEST_CASE("CH09 a cancelled broadcast reached nobody, one that was "
                 "decided everybody") {
    broadcast<int> source;
    auto slow = source.subscribe(1);
    auto fast = source.subscribe(8);
    co_await source.send(0);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto first = group.spawn([&]() -> task<> { co_await source.send(1); });
        group.spawn([&]() -> task<> { co_await source.send(2); });
        co_await checkpoint();
        first.cancel();
        CHECK(source.statistics().waiting_sends == 1);
        auto item = co_await slow.receive();
        CHECK(*item == 0);
    });
    CHECK(fast.statistics().buffered == 2);
    auto item = co_await slow.receive();
    CHECK(*item == 2);
}

TETHER_TEST_CASE("CH42 when a copy throws nobody has the item") {
    broadcast<fragile> source;
    auto a = source.subscribe(4);
    auto b = source.subscribe(4);
    int copies = 100;
    fragile const item(7, copies);
    CHECK(source.try_send(item) == channel_status::ok);
    copies = 2; // for a it works, for b it does not
    CHECK_THROWS_WITH((void)source.try_send(item), "the copy threw");
    CHECK(a.statistics().buffered == 1);
    CHECK(b.statistics().buffered == 1);
    copies = 100;
    CHECK(source.try_send(item) == channel_status::ok);
    auto got = co_await a.receive();
    CHECK(got->value() == 7);
    CHECK(a.statistics().buffered == 1);
    CHECK(b.statistics().buffered == 2);
}

TETHER_TEST_CASE("CH31 a select over subscriptions takes from one") {
    broadcast<int> one;
    broadcast<int> two;
    auto from_one = one.subscribe(2);
    auto from_two = two.subscribe(2);
    co_await two.send(5);
    auto first = co_await select(from_one.receive(), from_two.receive());
    CHECK(first.index() == 1);
    CHECK(one.try_send(1) == channel_status::ok);
    CHECK(from_one.statistics().buffered == 1);
}

TEST_CASE("SY12 destroying a broadcast while sends wait terminates") {
    std::string const text = last_words([] {
        run_virtual([]() -> task<> {
            co_await with_task_group([](task_group& group) -> task<> {
                auto source = std::make_unique<broadcast<int>>();
                auto slow = source->subscribe(1);
                auto& s = *source;
                co_await s.send(1);
                group.spawn(named("teller"),
                            [&s]() -> task<> { co_await s.send(2); });
                co_await checkpoint();
                source.reset();
            });
        });
    });
    CHECK_THAT(text, contains_text("broadcast destroyed while tasks wait for "
                                   "it: 'teller' at"));
}

TETHER_TEST_CASE("SY03 a broadcast with waiting receivers is not sent into by "
                 "a second loop") {
    broadcast<int> source;
    auto idle = source.subscribe(4);
    auto from = source.subscribe(4);
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            auto const item = co_await from.receive();
            log(item ? std::to_string(*item) : "end");
        });
        co_await checkpoint();
        other_loop second;
        second.start([&]() -> task<> { co_await source.send(1); });
        CHECK_THAT(second.error_text(),
                   contains_text("a primitive serves one loop at a time"));
        CHECK(idle.statistics().buffered == 0);
        CHECK(source.try_send(2) == channel_status::ok);
    });
    CHECK(log.text() == "2");
}

TETHER_TEST_CASE("SY03 an item of a broadcast with waiting sends is not "
                 "received by a second loop") {
    broadcast<int> source;
    auto from = source.subscribe(1);
    co_await source.send(1);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { co_await source.send(2); });
        co_await checkpoint();
        other_loop second;
        second.start([&]() -> task<> { (void)co_await from.receive(); });
        CHECK_THAT(second.error_text(),
                   contains_text("a primitive serves one loop at a time"));
        auto const item = co_await from.receive();
        CHECK(*item == 1);
    });
}

TEST_CASE("SY03 a second loop that ends a broadcast, or a subscription that "
          "sends wait for, terminates") {
    auto const words = [](bool all) {
        return last_words([all] {
            run_virtual([all]() -> task<> {
                broadcast<int> source;
                auto from = source.subscribe(1);
                if (!all)
                    co_await source.send(1);
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn([&]() -> task<> {
                        if (all)
                            (void)co_await from.receive();
                        else
                            co_await source.send(2);
                    });
                    co_await checkpoint();
                    other_loop second;
                    second.start([&]() -> task<> {
                        if (all)
                            source.close();
                        else
                            from.close();
                        co_return;
                    });
                    group.cancel();
                });
            });
        });
    };
    for (bool const all : {false, true}) {
        std::string const text = words(all);
        CHECK_THAT(text, contains_text("a primitive serves one loop at a "
                                       "time"));
    }
}

TETHER_TEST_CASE("CH17 what was asked of a subscription that is closed before "
                 "it is awaited says so") {
    broadcast<int> source;
    auto from = source.subscribe(1);
    auto receiving = from.receive();
    from.close(); // and there is no subscription any more
    std::string text;
    try {
        (void)co_await receiving;
    } catch (closed_resource const& error) {
        text = error.what();
    }
    CHECK_THAT(text, contains_text("closed"));
}
