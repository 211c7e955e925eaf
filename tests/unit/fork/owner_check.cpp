// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A plain executor of a context that two threads run is no home for tasks; the
// loop notices when they meet.

#include "support/death.hpp"
#include "unit/asio/asio_test.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <string>
#include <thread>

using namespace tether_test;

namespace {

// A task holds the loop until another one was entered beside it.
template<class Executor>
void meet_on(Executor const& executor, std::atomic<bool>& second) {
    tether::co_spawn(
        executor,
        [&, executor]() -> task<> {
            tether::co_spawn(
                executor,
                [&]() -> task<> {
                    second = true;
                    co_return;
                },
                asio::detached);
            while (!second)
                std::this_thread::yield();
            co_return;
        },
        asio::detached);
}

} // namespace

TEST_CASE("CX12 a plain executor that two threads run ends the program where "
          "they meet") {
    std::string const of_context = last_words([] {
        asio::io_context io;
        std::atomic<bool> second{false};
        meet_on(io.get_executor(), second);
        std::thread other([&] { io.run(); });
        io.run();
        other.join();
    });
    CHECK_THAT(of_context,
               contains_text("tasks of one executor were entered from two "
                             "threads at once; use a strand"));

    std::string const of_pool = last_words([] {
        asio::thread_pool pool(2);
        std::atomic<bool> second{false};
        meet_on(pool.get_executor(), second);
        pool.join();
    });
    CHECK_THAT(of_pool, contains_text("use a strand"));
}

TEST_CASE("CX12 on a strand of the same context they do not meet") {
    asio::thread_pool pool(2);
    std::atomic<int> inside{0};
    std::atomic<bool> met{false};
    std::atomic<int> ended{0};
    auto const strand = asio::make_strand(pool);
    for (int i = 0; i != 2; ++i)
        tether::co_spawn(
            strand,
            [&]() -> task<> {
                for (int turn = 0; turn != 1000; ++turn) {
                    if (++inside != 1)
                        met = true;
                    --inside;
                    co_await tether::checkpoint();
                }
                ++ended;
            },
            asio::detached);
    pool.join();
    CHECK_FALSE(met);
    CHECK(ended == 2);
}
