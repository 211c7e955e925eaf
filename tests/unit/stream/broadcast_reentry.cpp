// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What may the copies and the destructors of the items of a broadcast do?
#include "stream_test.hpp"

#include <tether/stream/broadcast.hpp>

using namespace tether;
using namespace tether_test;

namespace {

// Does something each time it is copied.
class meddler {
public:
    explicit meddler(int value, std::function<void()>* act = nullptr) noexcept
        : value_(value), act_(act) {}
    meddler(meddler const& other) : value_(other.value_), act_(other.act_) {
        if (act_)
            (*act_)();
    }
    meddler(meddler&&) noexcept = default;
    int value() const noexcept { return value_; }

private:
    int value_;
    std::function<void()>* act_;
};

using source_type = broadcast<meddler>;

// Does what `act` says when the `n`-th copy is made, for one send.
channel_status send_meddling(source_type& source, int n,
                             std::function<void()> act) {
    std::function<void()> counted = [&] {
        if (--n == 0)
            act();
    };
    meddler const item(1, &counted);
    auto const how = source.try_send(item);
    return how;
}

// What is there, without its meddling.
task<std::string> heard(subscription<meddler>& from) {
    std::string all;
    while (from.statistics().buffered != 0) {
        auto const item = co_await from.receive();
        all += std::to_string(item->value());
    }
    co_return all;
}

} // namespace

TETHER_TEST_CASE("CH42 the copy of an item may close each of the "
                 "subscriptions") {
    for (std::size_t copy = 1; copy != 4; ++copy)
        for (std::size_t closed = 0; closed != 3; ++closed) {
            source_type source;
            std::vector<subscription<meddler>> all;
            for (int i = 0; i != 3; ++i)
                all.push_back(source.subscribe(4));
            auto const how = send_meddling(source, static_cast<int>(copy),
                                           [&] { all[closed].close(); });
            CHECK(how == channel_status::ok);
            CHECK(source.statistics().subscribers == 2);
            for (std::size_t i = 0; i != 3; ++i)
                CHECK(all[i].statistics().buffered == (i == closed ? 0u : 1u));
        }
    co_return;
}

TETHER_TEST_CASE("CH42 the copy of an item may close all subscriptions, or the "
                 "broadcast") {
    for (bool const source_too : {false, true}) {
        source_type source;
        std::vector<subscription<meddler>> all;
        for (int i = 0; i != 3; ++i)
            all.push_back(source.subscribe(4));
        auto const how = send_meddling(source, 1, [&] {
            if (source_too)
                source.close();
            else
                all.clear();
        });
        CHECK(how == channel_status::ok);
        CHECK(source.statistics().subscribers == 0);
        for (auto& each : all) {
            auto const items = co_await heard(each);
            CHECK(items == "1"); // sent before it was closed
            auto const end = co_await each.receive();
            CHECK_FALSE(end.has_value());
        }
    }
}

TETHER_TEST_CASE("CH42 who subscribes while an item is copied gets what is "
                 "sent after it") {
    source_type source;
    auto first = source.subscribe(4);
    auto second = source.subscribe(4);
    std::optional<subscription<meddler>> late;
    auto const how =
        send_meddling(source, 1, [&] { late.emplace(source.subscribe(4)); });
    CHECK(how == channel_status::ok);
    CHECK(late->statistics().buffered == 0);
    CHECK(source.statistics().subscribers == 3);
    CHECK(source.try_send(meddler(2)) == channel_status::ok);
    auto items = co_await heard(second);
    CHECK(items == "12");
    items = co_await heard(*late);
    CHECK(items == "2");
}

TETHER_TEST_CASE("CH42 a send while an item is copied has no room, and one "
                 "that waits comes after it") {
    source_type source;
    auto first = source.subscribe(4);
    auto second = source.subscribe(4);
    co_await with_task_group([&](task_group& group) -> task<> {
        auto nested = channel_status::ok;
        auto const how = send_meddling(source, 1, [&] {
            nested = source.try_send(meddler(2));
            group.spawn(eager,
                        [&]() -> task<> { co_await source.send(meddler(3)); });
        });
        CHECK(how == channel_status::ok);
        CHECK(nested == channel_status::would_block);
        CHECK(source.statistics().waiting_sends == 0);
        co_return;
    });
    for (auto* each : {&first, &second}) {
        auto const items = co_await heard(*each);
        CHECK(items == "13");
    }
}

TETHER_TEST_CASE("CH42 a receive that begins while an item is copied gets what "
                 "is there, also when the copy throws") {
    source_type source;
    auto first = source.subscribe(4);
    CHECK(source.try_send(meddler(5)) == channel_status::ok);
    std::string got;
    co_await with_task_group([&](task_group& group) -> task<> {
        CHECK_THROWS_WITH(
            (void)send_meddling(source, 1,
                                [&] {
                                    group.spawn(eager, [&]() -> task<> {
                                        auto const item =
                                            co_await first.receive();
                                        got = std::to_string(item->value());
                                    });
                                    throw std::runtime_error("the copy threw");
                                }),
            "the copy threw");
        co_return;
    });
    CHECK(got == "5");
    CHECK(first.statistics().buffered == 0);
}

TETHER_TEST_CASE("CH09 a send whose copy stops its task has reached nobody") {
    source_type source;
    auto slow = source.subscribe(1);
    auto fast = source.subscribe(4);
    CHECK(source.try_send(meddler(1)) == channel_status::ok);
    bool sent = false;
    std::function<void()> stop;
    co_await with_task_group([&](task_group& group) -> task<> {
        auto sender = group.spawn([&]() -> task<> {
            meddler const item(2, &stop);
            stop = [] {};
            co_await source.send(item);
            sent = true;
        });
        co_await checkpoint();
        stop = [&] { sender.cancel(); };
        auto const item = co_await slow.receive();
        CHECK(item->value() == 1);
    });
    CHECK_FALSE(sent);
    CHECK(slow.statistics().buffered == 0);
    CHECK(fast.statistics().buffered == 1);
    CHECK(source.try_send(meddler(3)) == channel_status::ok);
    auto const items = co_await heard(fast);
    CHECK(items == "13");
}

TETHER_TEST_CASE("CH42 the end of an item that is dropped may close its "
                 "subscription, and others") {
    using held = std::shared_ptr<int>;
    broadcast<held> source;
    std::vector<subscription<held>> all;
    for (int i = 0; i != 3; ++i)
        all.push_back(source.subscribe(1, i == 1 ? lag_policy::drop_oldest
                                                 : lag_policy::disconnect));
    auto nested = channel_status::ok;
    {
        held const oldest(new int(0), [&](int* p) {
            delete p;
            nested = source.try_send(held());
            all.clear();
        });
        CHECK(source.try_send(oldest) == channel_status::ok);
        for (auto* each : {&all[0], &all[2]})
            (void)co_await each->receive();
    }
    CHECK(source.try_send(held()) == channel_status::ok);
    CHECK(all.empty());
    CHECK(nested == channel_status::would_block);
    CHECK(source.statistics().subscribers == 0);
}

TEST_CASE("CH42 a broadcast that is destroyed by an item that it delivers "
          "terminates") {
    auto const words = [](bool by_copy) {
        return last_words([by_copy] {
            run_virtual([by_copy]() -> task<> {
                if (by_copy) {
                    auto source = std::make_unique<source_type>();
                    auto const from = source->subscribe(1);
                    send_meddling(*source, 1, [&] { source.reset(); });
                    co_return;
                }
                using held = std::shared_ptr<int>;
                auto source = std::make_unique<broadcast<held>>();
                auto const from = source->subscribe(1, lag_policy::drop_oldest);
                (void)source->try_send(held(new int(0), [&](int* p) {
                    delete p;
                    source.reset();
                }));
                (void)source->try_send(held()); // drops the other one
            });
        });
    };
    auto const sentence = contains_text("a broadcast was destroyed by an item "
                                        "that it was delivering");
    CHECK_THAT(words(true), sentence);
    CHECK_THAT(words(false), sentence);
}
