// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Bulkheads and single flights, in virtual time.
#include "support/test_case.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/resilience/bulkhead.hpp>
#include <tether/resilience/single_flight.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

using namespace tether;
using namespace tether_test;

namespace {

using flights_type = single_flight<std::string, int>;

// Work that counts how often it begins and ends.
struct backend {
    int begun = 0;
    int done = 0;
    bool works = true;

    task<int> load(std::string key) {
        int const number = ++begun;
        co_await sleep_for(100ms);
        if (!works)
            throw std::runtime_error("no " + key);
        ++done;
        co_return number;
    }
};

task<> ask(flights_type& flights, backend& from, std::string key,
           event_log& log) {
    exit_note left(log, "left");
    try {
        int const got = co_await flights.call(key, &backend::load, &from, key);
        log(key + std::to_string(got));
    } catch (std::runtime_error const& e) {
        log(e.what());
    }
}

} // namespace

TETHER_TEST_CASE("LI22 beyond room and queue a bulkhead refuses at once") {
    bulkhead service({.max_concurrent = 2, .max_queue = 3, .name = "db"});
    int most = 0;
    int running = 0;
    int refused = 0;
    stopwatch const time;
    co_await with_task_group([&](task_group& group) -> task<> {
        for (int i = 0; i != 10; ++i)
            group.spawn([&]() -> task<> {
                try {
                    co_await service.call([&]() -> task<> {
                        most = std::max(most, ++running);
                        co_await sleep_for(10ms);
                        --running;
                    });
                } catch (bulkhead_full const& e) {
                    CHECK_THAT(e.what(), contains_text("'db' is full: 2 calls "
                                                       "go on and 3 wait"));
                    CHECK(time.elapsed() == 0ms);
                    ++refused;
                }
            });
        co_await checkpoint();
        auto const now = service.statistics();
        CHECK(now.running == 2);
        CHECK(now.waiting == 3);
        CHECK(now.rejected == 5);
    });
    CHECK(most == 2);
    CHECK(refused == 5);
    CHECK(time.elapsed() == 30ms);
    CHECK(service.statistics().accepted == 5);
    CHECK_THROWS_AS(bulkhead({.max_concurrent = 0}), std::invalid_argument);
}

TETHER_TEST_CASE("LI22 a call that leaves the queue makes room in it") {
    bulkhead service({.max_concurrent = 1, .max_queue = 1});
    auto place = co_await service.enter();
    bool const had_room = co_await move_on_after(
        5ms, [&]() -> task<> { static_cast<void>(co_await service.enter()); });
    CHECK_FALSE(had_room);
    CHECK(service.statistics().waiting == 0);
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
            int const seven =
                co_await service.call([]() -> task<int> { co_return 7; });
            CHECK(seven == 7);
        });
        co_await checkpoint();
        CHECK(service.statistics().waiting == 1);
        place.release();
    });
    CHECK(service.statistics().running == 0);
}

TETHER_TEST_CASE("single_flight calls that overlap share one execution") {
    backend from;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        flights_type flights(group);
        co_await with_task_group([&](task_group& callers) -> task<> {
            for (auto const* key : {"a", "a", "b", "a"})
                callers.spawn(ask, std::ref(flights), std::ref(from), key,
                              std::ref(log));
            co_await checkpoint();
            CHECK(flights.statistics().in_flight == 2);
        });
        CHECK(from.begun == 2);
        CHECK(flights.statistics().joined == 2);
        CHECK(flights.statistics().in_flight == 0);
        int const again =
            co_await flights.call("a", &backend::load, &from, "a");
        CHECK(again == 3); // nothing is kept
    });
    CHECK(log.text() == "a1 left a1 left a1 left b2 left");
}

TETHER_TEST_CASE("single_flight the work goes on while anybody waits") {
    backend from;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        flights_type flights(group);
        co_await with_task_group([&](task_group& callers) -> task<> {
            auto first = callers.spawn(ask, std::ref(flights), std::ref(from),
                                       "a", std::ref(log));
            callers.spawn(ask, std::ref(flights), std::ref(from), "a",
                          std::ref(log));
            co_await sleep_for(50ms);
            first.cancel();
        });
        CHECK(log.text() == "left a1 left");

        stopwatch const time;
        bool const ended = co_await move_on_after(
            50ms, [&]() -> task<> { co_await ask(flights, from, "a", log); });
        CHECK_FALSE(ended);
        co_await ask(flights, from, "a", log); // begins anew
        CHECK(time.elapsed() == 150ms);
    });
    CHECK(from.begun == 3);
    CHECK(from.done == 2);
    CHECK(log.text() == "left a1 left left a3 left");
}

TETHER_TEST_CASE("single_flight an error goes to all who wait") {
    backend from;
    from.works = false;
    event_log log;
    co_await with_task_group([&](task_group& group) -> task<> {
        flights_type flights(group);
        co_await with_task_group([&](task_group& callers) -> task<> {
            for (int i = 0; i != 2; ++i)
                callers.spawn(ask, std::ref(flights), std::ref(from), "a",
                              std::ref(log));
            co_return;
        });
        co_await checkpoint(); // the group goes on
        log("on");
    });
    CHECK(log.text() == "no a left no a left on");
}

TETHER_TEST_CASE("single_flight an error that nobody waits for is the "
                 "group's") {
    std::string error;
    try {
        co_await with_task_group([&](task_group& group) -> task<> {
            single_flight<int, void> flights(group);
            auto const work = []() -> task<> {
                auto body = []() -> task<> { co_await sleep_for(1h); };
                auto clean = []() -> task<> {
                    throw std::runtime_error("unclean");
                    co_return;
                };
                co_await async_try(body).finally(clean);
            };
            static_cast<void>(co_await move_on_after(
                1ms, [&]() -> task<> { co_await flights.call(1, work); }));
            co_await sleep_for(1h);
        });
    } catch (exception_group const&) {
        error = format_error(std::current_exception());
    }
    CHECK_THAT(error, contains_text("unclean"));
}
TETHER_TEST_CASE("single_flight a caller of work that ended with its group "
                 "hears so") {
    std::string error;
    co_await with_task_group([&](task_group& outside) -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            auto const flights =
                std::make_shared<single_flight<int, void>>(group);
            outside.spawn([flights, &error]() -> task<> {
                auto work = []() -> task<> { co_await sleep_for(1h); };
                try {
                    co_await flights->call(1, work);
                } catch (cancelled_error const& e) {
                    error = e.what();
                }
            });
            co_await checkpoint();
            group.cancel("enough");
            co_await checkpoint();
        });
    });
    CHECK_THAT(error, contains_text("enough"));
}
