// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Events, their handlers, and what happens when those fail or are slow.
#include "support/test_case.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/resilience/event_bus.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tether;
using namespace tether_test;

namespace {

struct placed {
    explicit placed(int n) : number(n) {}
    int number;
};
struct shipped {
    int number;
};

using numbers = std::vector<int>;

// Runs `body(bus, group)` with a bus in its group.
template<class Body>
auto with_bus(Body& body) {
    return with_task_group([&body](task_group& group) -> task<> {
        event_bus bus(group);
        co_await body(bus, group);
    });
}

} // namespace

TETHER_TEST_CASE("LI24 each subscriber gets the events of its type and topic "
                 "in their order") {
    numbers all;
    numbers late;
    numbers other;
    numbers eu;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        event_subscription later;
        auto const first = bus.subscribe<placed>([&](placed const& e) {
            all.push_back(e.number);
            if (e.number == 2) // while 3 is on its way
                later = bus.subscribe<placed>(
                    [&](placed const& l) { late.push_back(l.number); });
        });
        auto const second = bus.subscribe<shipped>(
            [&](shipped const& e) { other.push_back(e.number); });
        auto const third = bus.subscribe<placed>(
            [&](placed const& e) -> task<> {
                co_await sleep_for(1ms);
                eu.push_back(e.number);
            },
            {.topic = "eu"});
        for (int i = 1; i != 4; ++i)
            co_await bus.publish(placed(i));
        co_await bus.publish(shipped{7});
        co_await bus.publish(placed(10), "eu");
        co_await bus.publish(placed(11), "nobody");
        auto const status = bus.try_publish(placed(12), "eu");
        CHECK(status == channel_status::ok);
        co_await sleep_for(5ms);
        co_await bus.publish(std::make_shared<placed const>(4));
        co_await bus.close();
    };
    co_await with_bus(body);
    CHECK(all == numbers{1, 2, 3, 4});
    CHECK(late == numbers{4});
    CHECK(other == numbers{7});
    CHECK(eu == numbers{10, 12});
}

TETHER_TEST_CASE("LI24 a publish waits for a slow handler that blocks, one "
                 "that drops holds nobody") {
    numbers quick;
    numbers slow;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        stopwatch const watch;
        auto const a = bus.subscribe<placed>(
            [&](placed const& e) { quick.push_back(e.number); });
        std::optional<event_subscription> b(bus.subscribe<placed>(
            [&](placed const& e) -> task<> {
                co_await sleep_for(1s);
                slow.push_back(e.number);
            },
            {.capacity = 1, .lag = lag_policy::drop_oldest}));
        for (int i = 1; i != 5; ++i) {
            co_await bus.publish(placed(i));
            co_await checkpoint();
        }
        CHECK(watch.elapsed() == 0ms);
        CHECK(quick == numbers{1, 2, 3, 4});
        co_await sleep_for(3s);
        CHECK(slow == numbers{1, 4});
        b.reset();
        auto const c = bus.subscribe<placed>(
            [](placed const&) { return sleep_for(1s); }, {.capacity = 1});
        stopwatch const again;
        for (int i = 5; i != 9; ++i)
            co_await bus.publish(placed(i));
        CHECK(again.elapsed() == 2s); // one runs, one waits
        auto const status = bus.try_publish(placed(9));
        CHECK(status == channel_status::would_block);
    };
    co_await with_bus(body);
    CHECK(quick.size() == 8);
}

TETHER_TEST_CASE("LI24 a handler that fails is reported and called again, the "
                 "others are served") {
    event_log told;
    numbers mailed;
    numbers counted;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        bus.on_error([&](event_failure const& f) {
            CHECK(!f.event<shipped>());
            told(std::string(f.handler()) + ":" +
                 std::to_string(f.event<placed>()->number));
        });
        auto const a = bus.subscribe<placed>(
            [&](placed const& e) -> task<> {
                co_await checkpoint();
                if (e.number != 2)
                    throw std::runtime_error("no mail");
                mailed.push_back(e.number);
            },
            {.name = "mail"});
        auto const b = bus.subscribe<placed>(
            [&](placed const& e) { counted.push_back(e.number); });
        for (int i = 1; i != 4; ++i)
            co_await bus.publish(placed(i));
        co_await bus.close();
    };
    co_await with_bus(body);
    CHECK(told.text() == "mail:1 mail:3");
    CHECK(mailed == numbers{2});
    CHECK(counted == numbers{1, 2, 3});
}

TETHER_TEST_CASE("LI24 a subscription ends inside of its handler, and with "
                 "its destruction") {
    numbers got;
    auto const body = [&](event_bus& bus, task_group& group) -> task<> {
        event_subscription own;
        own = bus.subscribe<placed>([&](placed const& e) -> task<> {
            got.push_back(e.number);
            co_await own.close(); // does not wait for itself
            got.push_back(-e.number);
        });
        for (int i = 1; i != 4; ++i)
            co_await bus.publish(placed(i));
        co_await sleep_for(1ms);
        CHECK(!own);
        CHECK(got == numbers{1, -1});
        CHECK(group.size() == 0);

        std::optional<event_subscription> s(bus.subscribe<placed>(
            [&](placed const& e) { got.push_back(e.number); }));
        co_await bus.publish(placed(5));
        s.reset(); // before the handler was called
        co_await sleep_for(1ms);
        CHECK(got.size() == 2);
    };
    co_await with_bus(body);
}

TETHER_TEST_CASE("LI24 the close of a subscription waits until its handler "
                 "has ended") {
    bool ended = false;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        auto s = bus.subscribe<placed>([&](placed const&) -> task<> {
            co_await sleep_for(1s);
            ended = true;
        });
        co_await bus.publish(placed(1));
        co_await checkpoint();
        stopwatch const watch;
        co_await s.close();
        CHECK(watch.elapsed() == 1s);
        CHECK(ended);
    };
    co_await with_bus(body);
}

TETHER_TEST_CASE("LI24 a close refuses events and returns when all are "
                 "handled") {
    numbers got;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        auto const s = bus.subscribe<placed>([&](placed const& e) -> task<> {
            co_await sleep_for(1s);
            got.push_back(e.number);
        });
        for (int i = 1; i != 4; ++i)
            co_await bus.publish(placed(i));
        stopwatch const watch;
        auto drained = bus.close();
        CHECK(bus.try_publish(placed(4)) == channel_status::closed);
        bool refused = false;
        try {
            co_await bus.publish(placed(4));
        } catch (closed_resource const&) {
            refused = true;
        }
        CHECK(refused);
        co_await std::move(drained);
        CHECK(watch.elapsed() == 3s);
        CHECK(got == numbers{1, 2, 3});
    };
    co_await with_bus(body);
}

TETHER_TEST_CASE("LI24 a cancelled group ends the handlers at once and lets "
                 "publishers go") {
    stopwatch const watch;
    numbers got;
    std::optional<event_bus> bus;
    event_subscription s;
    co_await with_task_group([&](task_group& outer) -> task<> {
        auto const body = [&](task_group& group) -> task<> {
            bus.emplace(group);
            s = bus->subscribe<placed>(
                [&](placed const& e) -> task<> {
                    got.push_back(e.number);
                    co_await sleep_forever();
                },
                {.capacity = 1});
            outer.spawn([&]() -> task<> {
                for (int i = 1; i != 9; ++i)
                    co_await bus->publish(placed(i));
            });
            co_await sleep_for(1s);
            group.cancel();
        };
        co_await with_task_group(body);
    });
    CHECK(watch.elapsed() == 1s);
    CHECK(got == numbers{1});
    CHECK(!s);
}

TETHER_TEST_CASE("LI25 publish_and_wait returns after all handlers, with "
                 "their errors in a group") {
    int told = 0;
    auto const body = [&](event_bus& bus, task_group&) -> task<> {
        bus.on_error([&](event_failure const&) { ++told; });
        auto failing = [](std::chrono::milliseconds after) {
            return [after](placed const&) -> task<> {
                co_await sleep_for(after);
                throw std::runtime_error("failed");
            };
        };
        auto const a = bus.subscribe<placed>(failing(2s), {.name = "a"});
        auto const b = bus.subscribe<placed>(failing(1s), {.name = "b"});
        auto const c =
            bus.subscribe<placed>([](placed const&) { return sleep_for(3s); });
        stopwatch const watch;
        std::string failed;
        try {
            co_await bus.publish_and_wait(placed(1));
        } catch (exception_group const& group) {
            for (auto const m : group)
                failed += std::string(m.task_name());
        }
        CHECK(watch.elapsed() == 3s);
        CHECK(failed == "ba");
        co_await bus.publish_and_wait(placed(2), "nobody");
        CHECK(told == 0);

        // Nobody waits any more: the sink is told of both.
        bool const done =
            co_await move_on_after(1500ms, bus.publish_and_wait(placed(3)));
        CHECK(!done);
        CHECK(told == 1);
        co_await bus.close();
        CHECK(told == 2);
    };
    co_await with_bus(body);
}
