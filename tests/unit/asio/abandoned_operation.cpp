// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Handlers that are destroyed without being called, and initiations that throw.

#include "unit/asio/asio_test.hpp"

#include <tether/task/remote_call.hpp>
#include <tether/thread/with_blocking_portal.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace tether_test;

namespace {

// Keeps the handler alive for the test to call or to drop.
struct keeper {
    std::shared_ptr<void> handler;
    std::function<void()> complete;

    void drop() {
        complete = nullptr;
        handler.reset();
    }

    auto async_run(bool throws = false, bool keep = true) {
        auto initiation = [this, throws, keep](auto own) {
            using handler_type = decltype(own);
            auto kept = std::make_shared<handler_type>(std::move(own));
            if (keep) {
                complete = [h = kept.get()] { std::move (*h)(); };
                handler = std::move(kept);
            }
            if (throws)
                throw std::runtime_error("initiation");
        };
        return asio::async_initiate<tether::use_task_t const, void()>(
            initiation, use_task);
    }
};

template<class Operation>
task<std::string> outcome_of(Operation operation) {
    try {
        co_await std::move(operation);
        co_return "value";
    } catch (tether::operation_abandoned const&) {
        co_return "abandoned";
    } catch (std::runtime_error const& e) {
        co_return e.what();
    }
}

} // namespace

TETHER_ASIO_CASE("CX15 a handler dropped during the initiation") {
    keeper k;
    std::string const seen = co_await outcome_of(k.async_run(false, false));
    CHECK(seen == "abandoned");
}

TETHER_ASIO_CASE("CX15 a handler dropped later, by a task, by a handler or by "
                 "another thread") {
    for (int who = 0; who < 3; ++who) {
        keeper k;
        std::thread other;
        std::string seen;
        auto body = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                seen = co_await outcome_of(k.async_run());
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            CHECK(seen.empty());
            if (who == 0)
                k.drop();
            else if (who == 1)
                asio::post(tether::this_task::executor(), [&] { k.drop(); });
            else
                other = std::thread([&] { k.drop(); });
        };
        co_await tether::with_task_group(body);
        CHECK(seen == "abandoned");
        if (other.joinable())
            other.join();
    }
}

TETHER_ASIO_CASE("CX15 a handler dropped because of a cancel is a stop") {
    keeper k;
    std::string seen = "nothing";
    auto body = [&](tether::cancel_scope& scope) -> task<> {
        asio::post(tether::this_task::executor(), [&] {
            scope.cancel();
            k.drop();
        });
        seen = co_await outcome_of(k.async_run());
    };
    bool const finished = co_await tether::with_cancel_scope(body);
    CHECK(!finished);
    CHECK(seen == "nothing");
}

TETHER_ASIO_CASE("CX10 an initiation that throws without a handler left") {
    keeper k;
    std::string const seen = co_await outcome_of(k.async_run(true, false));
    CHECK(seen == "initiation");
}

TETHER_ASIO_CASE("CX10 an initiation that throws while the handler lives is "
                 "reported when the handler was called or dropped") {
    for (bool const call : {true, false}) {
        keeper k;
        std::string seen;
        auto body = [&](task_group& g) -> task<> {
            auto waiter = [&]() -> task<> {
                seen = co_await outcome_of(k.async_run(true));
            };
            g.spawn(waiter);
            co_await tether::checkpoint();
            CHECK(seen.empty()); // the frame must stay
            if (call)
                k.complete();
            else
                k.drop();
        };
        co_await tether::with_task_group(body);
        CHECK(seen == "initiation");
    }
}

TETHER_ASIO_CASE("CX15 the error names the await") {
    keeper k;
    std::string text;
    try {
        co_await k.async_run(false, false);
    } catch (tether::operation_abandoned const& e) {
        text = e.what();
    }
    CHECK_THAT(text, contains_text("abandoned_operation.cpp:"));
}

TEST_CASE("CX15 a handler kept beyond its context: the frame stays for it and "
          "goes with it") {
    keeper k;
    leak_check const check;
    bool resumed = false;
    int alive = 0;
    {
        asio::io_context io;
        auto root = [&](tally) -> task<> {
            co_await k.async_run();
            resumed = true;
        };
        auto const ignore = [](std::exception_ptr) {};
        tether::co_spawn(io, root, tally(alive), ignore);
        io.poll();
    }
    CHECK(alive != 0);
    k.drop();
    CHECK(alive == 0);
    CHECK(!resumed);
}

TEST_CASE("AI13 an operation of another context that completes after the end "
          "of the task's own") {
    leak_check const check;
    int alive = 0;
    bool resumed = false;
    asio::io_context foreign;
    {
        asio::io_context home;
        auto root = [&](tally) -> task<> {
            co_await asio::post(foreign, use_task);
            resumed = true;
        };
        auto const ignore = [](std::exception_ptr) {};
        tether::co_spawn(home, root, tally(alive), ignore);
        tether::co_spawn(asio::make_strand(home), root, tally(alive), ignore);
        home.poll();
    }
    CHECK(alive != 0);
    foreign.run();
    CHECK(alive == 0);
    CHECK(!resumed);
}

TEST_CASE("AI13 an operation of another context that is destroyed later, or "
          "earlier") {
    leak_check const check;
    int alive = 0;
    bool resumed = false;
    for (bool const later : {true, false}) {
        auto foreign = std::make_unique<asio::io_context>();
        auto home = std::make_unique<asio::io_context>();
        std::optional<asio::steady_timer> timer(std::in_place, *foreign, 1h);
        auto root = [&](tally) -> task<> {
            co_await timer->async_wait(use_task);
            resumed = true;
        };
        auto const ignore = [](std::exception_ptr) {};
        tether::co_spawn(*home, root, tally(alive), ignore);
        tether::co_spawn(asio::make_strand(*home), root, tally(alive), ignore);
        home->poll();
        if (later)
            home.reset();
        CHECK(alive != 0);
        timer.reset(); // its last completion waits in the foreign context
        foreign.reset();
        home.reset();
        CHECK(alive == 0);
        CHECK(!resumed);
    }
}

TEST_CASE("AI13 handles of a task whose frame another context keeps find "
          "nobody, and touch no context that has gone") {
    leak_check const check;
    asio::io_context foreign;
    tether::cancel_handle cancel;
    tether::remote_call::handle_type ask;
    std::optional<tether::blocking_portal> portal;
    int asked = 0;
    auto const keep = [&](tether::cancel_scope& scope) -> task<> {
        tether::remote_call call([&] { ++asked; });
        cancel = scope.remote_cancel();
        ask = call.handle();
        co_await tether::with_blocking_portal(
            [&](tether::blocking_portal open) -> task<> {
                portal = open;
                co_await asio::post(foreign, use_task);
            });
    };
    {
        asio::io_context home;
        auto const ignore = [](std::exception_ptr) {};
        auto root = [&]() -> task<> {
            co_await tether::with_cancel_scope(keep);
        };
        tether::co_spawn(home, root, ignore);
        home.poll();
        REQUIRE(portal);
    }
    bool const found = ask();
    CHECK(!found);
    cancel.cancel();
    portal->stop();
    CHECK_THROWS_AS(portal->spawn([]() -> task<> { co_return; }),
                    tether::run_finished);
    foreign.run();
    ask = {};
    cancel = {};
    portal.reset();
    CHECK(asked == 0);
}
