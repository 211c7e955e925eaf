// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Other threads ask for a function of the loop: what coalesces, what is lost,
// and what they hear when it is too late.

#include "unit/asio/asio_test.hpp"

#include <tether/task/remote_call.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

using namespace tether_test;
using tether::remote_call;

TEST_CASE("RU29 a function that is asked for many times before it runs runs "
          "once") {
    int calls = 0;
    run_real([&]() -> task<> {
        remote_call const notify([&] { ++calls; });
        std::array<std::thread, 3> threads;
        for (auto& t : threads)
            t = std::thread([ask = notify.handle()] {
                for (int i = 0; i != 1000; ++i)
                    ask();
            });
        for (auto& t : threads)
            t.join(); // the loop stands still meanwhile
        CHECK(calls == 0);
        co_await tether::sleep_for(1ms);
        CHECK(calls == 1);
        notify.handle()();
        co_await tether::sleep_for(1ms);
    });
    CHECK(calls == 2);
}

TEST_CASE("RU29 a request while the function runs makes it run again") {
    int calls = 0;
    run_real([&]() -> task<> {
        remote_call::handle_type again;
        remote_call const notify([&] {
            if (++calls != 3)
                again();
        });
        again = notify.handle();
        again();
        co_await tether::sleep_for(1ms);
        again = {};
    });
    CHECK(calls == 3);
}

TEST_CASE("RU29 one that is asked for without end starves nobody") {
    long calls = 0;
    int turns = 0;
    run_real([&]() -> task<> {
        remote_call::handle_type again;
        remote_call const notify([&] {
            ++calls;
            again();
        });
        again = notify.handle();
        again();
        for (; turns != 100; ++turns)
            co_await tether::sleep_for(10us);
        again = {};
    });
    CHECK(turns == 100);
    CHECK(calls > 10);
}

TEST_CASE("RU29 requests of threads wake the task on its strand, and none is "
          "lost") {
    asio::io_context io;
    auto const strand = asio::make_strand(io);
    std::atomic<int> produced{0};
    int seen = 0;
    tether::co_spawn(
        strand,
        [&]() -> task<> {
            co_await tether::with_cancel_scope(
                [&](tether::cancel_scope& scope) -> task<> {
                    remote_call const notify([&] {
                        CHECK(strand.running_in_this_thread());
                        seen = produced;
                        if (seen == 300)
                            scope.cancel();
                    });
                    auto const produce = [&, ask = notify.handle()] {
                        for (int i = 0; i != 100; ++i) {
                            ++produced;
                            ask();
                        }
                    };
                    for (int i = 0; i != 3; ++i)
                        std::thread(produce).detach();
                    co_await tether::sleep_forever();
                });
        },
        [](std::exception_ptr) {});
    io.run();
    CHECK(seen == 300);
}

TEST_CASE("RU29 RU30 asking too late is told, and a request in flight is "
          "dropped with its function") {
    remote_call::handle_type late;
    CHECK_FALSE(late());
    int calls = 0;
    run_real([&]() -> task<> {
        {
            remote_call const notify([&] { ++calls; });
            late = notify.handle();
            CHECK(late());
        }
        CHECK_FALSE(late());
        co_await tether::sleep_for(1ms);
    });
    CHECK(calls == 0);
    CHECK_FALSE(late()); // the context is gone too
}

TEST_CASE("RU29 a remote_call is made on a loop") {
    CHECK_THROWS_AS(remote_call([] {}), std::logic_error);
}
